// A register is compared as a number, its bit 0 first.
// expect 111 10 1
OPENQASM 2.0;
include "qelib1.inc";
qreg q[2];
qreg r[3];
creg c[2];
creg d[3];
x q[1];
measure q -> c;
if (c == 2) x r[0];
if (c == 1) x r[1];
if (c == 2) cx r[0], r[1];
if (c == 5) x r[2];
if (c == 2) ccx r[0], r[1], r[2];
measure r -> d;
