// expect 111111 11 1
// A cast keeps as many bits as it says; an int of n bits has a sign.
OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
qubit out;
bit[2] v;
bit[6] r;
x q;
v = measure q;
if (int[2](v) == -1) { x out; }
r[0] = measure out;
reset out;
if (int[2](v) < 1) { x out; }
r[1] = measure out;
reset out;
if (uint[1](v) == 1) { x out; }
r[2] = measure out;
reset out;
if (int(v) + 1 == 4) { x out; }
r[3] = measure out;
reset out;
if (uint[2](5) == 1 && int[2](3) == -1) { x out; }
r[4] = measure out;
reset out;
if (uint[4](v) == 3) { x out; }
r[5] = measure out;
reset out;
