// Nothing is measured, so everything is.
// expect 00 1/2, 11 1/2
OPENQASM 2.0;
include "qelib1.inc";
qreg q[2];
h q[0];
cx q[0], q[1];
