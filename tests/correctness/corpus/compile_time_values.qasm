// Variables and constants whose value is known, and loops over sets with steps out.
// expect 10101 1
OPENQASM 3.0;
include "stdgates.inc";
const int n = 5;
const float third = pi / 3;
int flips = 0;
qubit[n] q;
bit[n] c;
for int i in {0, 2, 4} {
  for int k in [1:3] { rx(third) q[i]; }
  flips += 1;
}
while (flips > 0) { flips = flips - 1; x q[1]; x q[1]; }
for int i in [0:n-1] {
  if (i == 3) { break; }
  if (i % 2 == 0) { continue; }
  z q[i];
}
c = measure q;
