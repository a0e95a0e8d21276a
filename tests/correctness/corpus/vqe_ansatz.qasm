// Compared with Qiskit's reading of it.
OPENQASM 2.0;
include "qelib1.inc";
qreg q[4];
creg c[4];
ry(0.31) q[0]; ry(-1.2) q[1]; ry(2.2) q[2]; ry(0.7) q[3];
rz(0.11) q[0]; rz(1.3) q[1]; rz(-0.4) q[2]; rz(0.9) q[3];
cx q[0], q[1]; cx q[1], q[2]; cx q[2], q[3];
ry(-0.8) q[0]; ry(0.45) q[1]; ry(1.9) q[2]; ry(-2.6) q[3];
rz(0.2) q[0]; rz(-0.3) q[1]; rz(0.4) q[2]; rz(0.5) q[3];
cx q[3], q[0]; cx q[0], q[2];
rx(pi/7) q;
measure q -> c;
