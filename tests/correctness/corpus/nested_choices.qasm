// expect 000 1/2, 111 1/4, 001 1/4
OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
bit[3] c;
h q[0];
c[0] = measure q[0];
if (c[0]) {
  h q[1];
  c[1] = measure q[1];
  if (c[1] == true) {
    if (c == 3) { x q[2]; } else { x q[0]; }
  } else {
    reset q[2];
  }
} else {
  if (c != 0) { x q[2]; }
}
c[2] = measure q[2];
