// A state with |<1|psi>|^2 = 1/4, teleported: the last qubit has it whatever the other two say.
// expect 000 3/16, 001 3/16, 010 3/16, 011 3/16, 100 1/16, 101 1/16, 110 1/16, 111 1/16
OPENQASM 2.0;
include "qelib1.inc";
qreg q[3];
creg a[1];
creg b[1];
creg out[1];
ry(pi/3) q[0];
h q[1];
cx q[1], q[2];
cx q[0], q[1];
h q[0];
measure q[0] -> a[0];
measure q[1] -> b[0];
if (b == 1) x q[2];
if (a == 1) z q[2];
measure q[2] -> out[0];
