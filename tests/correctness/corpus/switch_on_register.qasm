// expect 0001 1/4, 0110 1/4, 1011 1/2
OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
qubit[2] out;
bit[2] c;
bit[2] d;
h q[0];
h q[1];
c = measure q;
if (c == 0) { x q[0]; x q[1]; c = measure q; }
switch (c) {
  case 1 { id out[0]; }
  case 2 { x out[0]; }
  default { x out[1]; }
}
d = measure out;
