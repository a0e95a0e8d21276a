// Written out where it is called; what it returns is measured.
// expect 1 10 1
OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
bit[2] c;
bit ok;
def pair(qubit a, qubit b, angle turn) { ry(turn) a; cx a, b; }
def parity(qubit a, qubit b) -> bit { cx a, b; return measure b; }
pair(q[0], q[1], pi);
x q[0];
ok = parity(q[0], q[1]);
c[0] = measure q[0];
c[1] = measure q[1];
