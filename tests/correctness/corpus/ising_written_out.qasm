// Written out.
OPENQASM 2.0;
include "qelib1.inc";
qreg q[4];
creg c[4];
cx q[0], q[1]; rz(2*0.17) q[1]; cx q[0], q[1];
cx q[1], q[2]; rz(2*0.17) q[2]; cx q[1], q[2];
cx q[2], q[3]; rz(2*0.17) q[3]; cx q[2], q[3];
rx(2.4*0.17) q;
cx q[0], q[1]; rz(2*0.17) q[1]; cx q[0], q[1];
cx q[1], q[2]; rz(2*0.17) q[2]; cx q[1], q[2];
cx q[2], q[3]; rz(2*0.17) q[3]; cx q[2], q[3];
rx(2.4*0.17) q;
cx q[0], q[1]; rz(2*0.17) q[1]; cx q[0], q[1];
cx q[1], q[2]; rz(2*0.17) q[2]; cx q[1], q[2];
cx q[2], q[3]; rz(2*0.17) q[3]; cx q[2], q[3];
rx(2.4*0.17) q;
measure q -> c;
