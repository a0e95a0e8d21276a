// q[-3:-1] are the last three; a range may go backwards, down to the first.
// expect 1101 1
OPENQASM 3.0;
include "stdgates.inc";
qubit[4] q;
bit[4] c;
x q[-3:-1];
let back = q[1:-1:0];
x back;
c = measure q;
