// At most three coins; the first 1 ends it.
// expect 001 1/2, 010 1/4, 100 1/8, 000 1/8
OPENQASM 3.0;
include "stdgates.inc";
qubit q;
bit[3] c;
h q;
c[0] = measure q;
if (!c[0]) {
  h q;
  c[1] = measure q;
  if (!c[1]) {
    h q;
    c[2] = measure q;
  }
}
