// inv, pow, ctrl, negctrl, one on another.
// expect 0110 1
OPENQASM 3.0;
include "stdgates.inc";
qubit[4] q;
bit[4] c;
pow(2) @ sx q[0];
inv @ pow(2) @ sx q[0];
negctrl @ x q[0], q[1];
ctrl @ negctrl @ x q[1], q[0], q[2];
inv @ inv @ x q[3];
pow(-1) @ x q[3];
ctrl(3) @ x q[0], q[1], q[2], q[3];
c = measure q;
