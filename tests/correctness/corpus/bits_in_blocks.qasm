// Bits of blocks and loops stand behind those of the program, each once.
// expect 10 1 1 10 1
OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
bit[2] c;
x q[0];
if (c == 0) {
  bit inner;
  inner = measure q[0];
  if (inner) { x q[1]; }
}
for int i in [0:1] {
  bit inner = measure q[1];
  if (inner) { x q[0]; }
}
x q[0];
measure q;
x q[0];
x q[1];
c = measure q;
x q;
c[0] = measure q[0];
c[1] = measure q[1];
