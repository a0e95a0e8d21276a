// expect 11111111 0011 001 1
// What turns bits, and shifts them, keeps to the width that they have, measured or known; pow is a function as well.
OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
qubit out;
bit[3] c;
bit[4] k = "0011";
bit[8] r;
pow(3) @ x q[0];
c = measure q;
if (rotl(c, 1) == 2) { x out; }
r[0] = measure out;
reset out;
if (rotr(c, 1) == 4) { x out; }
r[1] = measure out;
reset out;
if (rotl(c, -4) == 4) { x out; }
r[2] = measure out;
reset out;
if (rotl(k, 3) == "1001") { x out; }
r[3] = measure out;
reset out;
if (~k == "1100") { x out; }
r[4] = measure out;
reset out;
if (k << 3 == "1000") { x out; }
r[5] = measure out;
reset out;
if (popcount(~k) == 2) { x out; }
r[6] = measure out;
reset out;
if (pow(2, 3) == 8) { x out; }
r[7] = measure out;
reset out;
