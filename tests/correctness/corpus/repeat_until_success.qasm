// Until the coin says 1.
// expect 1 1
OPENQASM 3.0;
include "stdgates.inc";
qubit q;
bit c;
while (!c) {
  reset q;
  ry(1.1) q;
  c = measure q;
}
