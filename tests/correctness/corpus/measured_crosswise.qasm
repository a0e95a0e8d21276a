// expect 0 011 1
OPENQASM 2.0;
include "qelib1.inc";
qreg q[4];
creg c[3];
creg d[1];
x q[3];
x q[1];
measure q[3] -> c[0];
measure q[1] -> c[1];
measure q[0] -> c[2];
measure q[2] -> d[0];
