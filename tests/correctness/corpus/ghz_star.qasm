// expect 0000 1/2, 1111 1/2
OPENQASM 3.0;
include "stdgates.inc";
qubit[4] q;
bit[4] c;
h q[0];
for int i in [1:3] { cx q[0], q[i]; }
c = measure q;
