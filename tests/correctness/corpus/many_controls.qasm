// expect 11111 1
OPENQASM 3.0;
include "stdgates.inc";
qubit[5] q;
bit[5] c;
x q[0:3];
ctrl(4) @ x q[0], q[1], q[2], q[3], q[4];
c = measure q;
