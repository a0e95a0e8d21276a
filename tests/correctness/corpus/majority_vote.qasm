// Three coins, one of them turned: a subroutine says what most of them show, and that decides.
// expect 0 0 1 000 1/4, 0 0 1 010 1/4, 0 0 1 100 1/4, 1 1 0 110 1/4
OPENQASM 3.0;
include "stdgates.inc";
qubit[4] q;
bit[3] c;
bit out;
def most(bit[3] votes) -> bool { return popcount(votes) >= 2; }
h q[1:2];
c = measure q[0:2];
bool yes = most(c);
if (!yes) { x q[3]; }
out = measure q[3];
