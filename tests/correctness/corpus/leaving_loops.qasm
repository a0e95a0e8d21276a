// Loops that are written out, and left or cut short by what was measured in them.
// expect 0 11 1 000 1/8, 0 11 1 100 1/8, 0 11 1 010 1/4, 0 11 1 001 1/2
OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
bit[3] c;
bit d;
bit[2] e;
for int i in [0:2] {
  h q[i];
  c[i] = measure q[i];
  if (c[i]) { break; }
  x q[i];
}
d = measure q[0];
reset q;
int n = 0;
for int i in {0, 1} {
  bit b = measure q[i];
  if (!b) { x q[i]; } else { x q[2]; continue; }
  e[i] = measure q[i];
  if (e[i] == 0) { x q[2]; break; } else { y q[2]; }
}
