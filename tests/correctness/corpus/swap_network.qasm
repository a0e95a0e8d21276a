// Swaps that a compiler may take as mere names; and are followed by what shows who is who.
// expect 0100 1
OPENQASM 2.0;
include "qelib1.inc";
qreg q[4];
creg c[4];
x q[0];
swap q[0], q[1];
swap q[1], q[3];
swap q[3], q[2];
cx q[2], q[0];
cx q[2], q[0];
measure q -> c;
