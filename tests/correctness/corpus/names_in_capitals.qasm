// expect 01 1
OPENQASM 3.1;
include "stdgates.inc";
qubit[2] Q;
bit[2] Result_A;
gate Flip A { U(pi, 0, pi) A; }
Flip Q[0];
Result_A = measure Q;
