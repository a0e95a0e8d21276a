// expect 1001 10 1
OPENQASM 2.0;
include "qelib1.inc";
qreg a[1];
qreg q[2];
qreg r[2];
creg c[2];
creg d[4];
x a[0];
x q[0];
cx q, r;
cx a[0], q;
measure q -> c;
measure r[0] -> d[0];
measure r[1] -> d[1];
measure a[0] -> d[3];
