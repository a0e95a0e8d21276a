// The square root of a swap, twice, and four fourth roots of a flip.
// expect 0110 1
OPENQASM 3.0;
include "stdgates.inc";
qubit[4] q;
bit[4] c;
x q[0];
pow(0.5) @ swap q[0], q[1];
pow(1/2.0) @ swap q[0], q[1];
for int i in [1:4] { pow(0.25) @ x q[2]; }
c = measure q;
