// expect 1 111 1
OPENQASM 3.0;
include "stdgates.inc";
qubit control;
qubit[3] q;
bit[3] c;
bit d;
x control;
cx control, q;
swap q[0:1], q[{2, 0}][0:1];
c = measure q;
d = measure control;
