// 5 + 1 modulo 8, by phases.
// expect 110 1
OPENQASM 3.0;
include "stdgates.inc";
def transform(qubit[3] r, int sign) {
  if (sign == 1) {
    h r[2]; cp(pi/2) r[1], r[2]; cp(pi/4) r[0], r[2];
    h r[1]; cp(pi/2) r[0], r[1];
    h r[0];
  } else {
    h r[0];
    cp(-pi/2) r[0], r[1]; h r[1];
    cp(-pi/4) r[0], r[2]; cp(-pi/2) r[1], r[2]; h r[2];
  }
}
qubit[3] q;
bit[3] c;
x q[0];
x q[2];
transform(q, 1);
for int i in [0:2] { p(2 * pi * 2.0**i / 8) q[2 - i]; }
transform(q, -1);
c = measure q;
