// A loop that the device leaves in its middle.
// expect 01 1/2, 11 1/2
OPENQASM 3.0;
include "stdgates.inc";
qubit q;
qubit r;
bit c;
bit d;
while (!d) {
  h q;
  c = measure q;
  if (c) { break; }
  x r;
  continue;
}
c = measure q;
h r;
d = measure r;
