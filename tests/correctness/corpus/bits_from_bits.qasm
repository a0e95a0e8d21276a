// Bits that take the value of others, and of what is made of them; a register moved within itself.
// expect 00 0000 1/4, 01 1010 1/4, 01 1100 1/4, 10 0110 1/4
OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
bit[4] c;
bit[2] d;
h q;
c[0:1] = measure q;
d[0] = c[0] ^ c[1];
d[1] = c[0] && c[1];
c[3] = d[0];
c[0:2] = c[0:2] << 1;
