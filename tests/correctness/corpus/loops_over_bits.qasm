// A loop over measured bits, and over bits that are known.
// expect 1 101 1
OPENQASM 3.0;
include "stdgates.inc";
qubit[4] q;
bit[3] c;
bit odd;
x q[0];
x q[2];
c = measure q[0:2];
for bit b in c { if (b) { x q[3]; } }
for bit b in "100" { if (b == 1) { x q[3]; } }
odd = measure q[3];
