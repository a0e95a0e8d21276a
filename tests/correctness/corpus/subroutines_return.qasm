// What subroutines return: bits into a condition, a number into an angle, nothing, and something nobody keeps.
// expect 11 1 1 1
OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
bit[2] c;
def half(float turn) -> float { return turn / 2; }
def factorial(int n) -> int {
  int product = 1;
  while (n > 1) { product *= n; n -= 1; }
  return product;
}
def look(qubit a) -> bit { return measure a; }
def parity(bit[2] both) -> int { return 2; }
def early(int n) -> int { if (n > 2) { return 1; } return 0; }
rx(half(2 * pi)) q[0];
if (look(q[0]) == 1) { x q[1]; }
for int i in [1:factorial(3) + early(3) + early(2)] { x q[0]; }
x q[0];
look(q[1]);
c = measure q;
