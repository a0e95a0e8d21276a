// One qubit, measured and used again; the corrections depend on what was measured. The phase is 5/8.
// expect 101 1
OPENQASM 3.0;
include "stdgates.inc";
qubit q;
qubit target;
bit[3] c;
x target;
reset q;
h q;
for int i in [1:4] { cp(2 * pi * 5 / 8.0) q, target; }
h q;
c[0] = measure q;
reset q;
h q;
for int i in [1:2] { cp(2 * pi * 5 / 8.0) q, target; }
if (c[0]) { p(-pi/2) q; }
h q;
c[1] = measure q;
reset q;
h q;
cp(2 * pi * 5 / 8.0) q, target;
if (c[0]) { p(-pi/4) q; }
if (c[1]) { p(-pi/2) q; }
h q;
c[2] = measure q;
