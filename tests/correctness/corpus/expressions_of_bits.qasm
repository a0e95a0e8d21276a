// expect 1 1 101 1
OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
qubit[2] out;
bit[3] c;
bit a;
bit b;
x q[0];
x q[2];
c = measure q;
if (c[0] && !c[1] && c > 4) { x out[0]; }
if ((c & 2) == 2 || c[0:1] == 1) { x out[1]; }
a = measure out[0];
b = measure out[1];
