// Three registers in one key, the first declared rightmost.
// expect 1 01 110 1
OPENQASM 2.0;
include "qelib1.inc";
qreg pp[3];
creg first[3];
qreg q[2];
creg second[2];
qreg r[1];
creg third[1];
x pp[1];
x pp[2];
x q[0];
x r[0];
measure r -> third;
measure pp -> first;
measure q -> second;
