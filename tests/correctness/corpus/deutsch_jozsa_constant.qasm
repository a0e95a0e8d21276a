// expect 000 1
OPENQASM 2.0;
include "qelib1.inc";
qreg q[3];
qreg anc[1];
creg c[3];
x anc[0];
h q;
h anc;
x anc[0];
h q;
measure q -> c;
