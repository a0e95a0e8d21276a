// expect 010011 110000 1
// A measurement that is turned round, or combined with another, where a subroutine makes it.
OPENQASM 3.0;
include "stdgates.inc";
def flipped(qubit a) -> bit {
  bit b;
  b = measure a;
  x a;
  return b;
}
qubit[2] q;
bit[6] c;
x q[0];
c[0] = flipped(q[0]) ^ 1;
c[1] = flipped(q[0]);
c[2] = 1 ^ flipped(q[0]);
c[3] = flipped(q[0]) | flipped(q[1]);
c[4] = flipped(q[0]) ^ flipped(q[0]);
c[5] = flipped(q[1]);
