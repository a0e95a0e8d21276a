// Two qubits need one turn to find 2 with certainty.
// expect 10 1
OPENQASM 2.0;
include "qelib1.inc";
qreg q[2];
creg c[2];
h q;
x q[0];
cz q[0], q[1];
x q[0];
h q;
x q;
cz q[0], q[1];
x q;
h q;
measure q -> c;
