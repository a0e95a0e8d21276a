// A flipped qubit of three is found by two parities and put right.
// expect 11000 1
OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
qubit[2] a;
bit[3] data;
bit[2] syndrome;
cx q[0], q[1];
cx q[0], q[2];
x q[1];
cx q[0], a[0];
cx q[1], a[0];
cx q[1], a[1];
cx q[2], a[1];
syndrome = measure a;
if (syndrome == 1) { x q[0]; }
if (syndrome == 3) { x q[1]; }
if (syndrome == 2) { x q[2]; }
data = measure q;
