// Bits that the program sets itself, beside bits that it measures.
// expect 1 01 0110 1
OPENQASM 3.0;
include "stdgates.inc";
qubit q;
bit[4] c = "0101";
bit[2] d;
bit e;
c[0] = 0;
c[1] = 1;
x q;
e = measure q;
d[1] = measure q;
if (c == 6) { d[0] = 1; }
d[1] = 0;
