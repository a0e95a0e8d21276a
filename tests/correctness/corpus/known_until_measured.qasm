// A loop that is entered because of what the program set, and left because of what it measured.
// expect 1 00 1
OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
bit[2] flags = "11";
bit out;
def attempt(qubit[2] a) -> bit[2] {
  bit[2] found;
  reset a;
  h a;
  found = measure a;
  return found;
}
while (flags != 0) flags = attempt(q);
x q[0];
out = measure q[0];
