// The partner of a qubit that is reset stays a coin.
// expect 00 1/2, 10 1/2
OPENQASM 2.0;
include "qelib1.inc";
qreg q[2];
creg c[2];
h q[0];
cx q[0], q[1];
reset q[0];
measure q -> c;
