// expect 110 101 1
OPENQASM 3.0;
include "stdgates.inc";
qubit[6] q;
bit[6] c;
let low = q[0:2];
let odd = q[1:2:5];
let ends = q[{0, 5}] ++ low[1:1];
x low[0];
x odd[-1];
x ends[1];
x ends[1];
x q[-2];
x q[2:-1:2];
c = measure q;
