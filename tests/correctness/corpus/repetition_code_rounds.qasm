// Two rounds with the same ancillas, reset in between; a flip before each. The logical qubit is 1 all the while.
// expect 0111111 1
OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
qubit[2] a;
bit[3] data;
bit[2] first;
bit[2] second;
def parities(qubit[3] d, qubit[2] s) {
  reset s;
  cx d[0], s[0]; cx d[1], s[0];
  cx d[1], s[1]; cx d[2], s[1];
}
x q;
x q[1];
parities(q, a);
first = measure a;
switch (first) {
  case 1 { x q[0]; }
  case 3 { x q[1]; }
  case 2 { x q[2]; }
}
x q[0];
parities(q, a);
second = measure a;
switch (second) {
  case 1 { x q[0]; }
  case 3 { x q[1]; }
  case 2 { x q[2]; }
}
data = measure q;
