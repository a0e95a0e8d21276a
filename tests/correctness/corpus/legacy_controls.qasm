// The rest of what Qiskit's edition of qelib1.inc has.
OPENQASM 2.0;
include "qelib1.inc";
qreg q[5];
creg c[5];
u2(0.4, 0.5) q;
ry(0.7) q[1];
rc3x q[0], q[1], q[2], q[3];
c3sqrtx q[1], q[2], q[3], q[4];
c4x q[0], q[1], q[2], q[3], q[4];
cu(0.3, 0.4, 0.5, 0.6) q[4], q[0];
rzz(0.8) q[2], q[3];
cp(0.9) q[1], q[4];
cry(0.3) q[0], q[2];
crx(0.2) q[3], q[1];
sx q[2];
p(0.3) q[3];
h q;
measure q -> c;
