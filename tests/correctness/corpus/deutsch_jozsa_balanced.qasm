// A parity is balanced: never 000, and for this one always 111.
// expect 111 1
OPENQASM 2.0;
include "qelib1.inc";
qreg q[3];
qreg anc[1];
creg c[3];
x anc[0];
h q;
h anc;
cx q[0], anc[0];
cx q[1], anc[0];
cx q[2], anc[0];
h q;
measure q -> c;
