// The period is 11: what is read is orthogonal to it.
// expect 00 1/2, 11 1/2
OPENQASM 2.0;
include "qelib1.inc";
qreg q[2];
qreg f[2];
creg c[2];
h q;
cx q[0], f[0];
cx q[1], f[0];
cx q[0], f[1];
cx q[1], f[1];
h q;
measure q -> c;
