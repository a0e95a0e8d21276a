// The phase of p(2 pi 3/8) on |1> in three bits: 3.
// expect 011 1
OPENQASM 3.0;
include "stdgates.inc";
const int n = 3;
qubit[n] count;
qubit target;
bit[n] c;
x target;
h count;
for int i in [0:n-1] { ctrl @ pow(2**i) @ p(2 * pi * 3/8.0) count[i], target; }
for int i in [0:n-1] {
  for int j in [0:i-1] { cp(-pi / 2.0**(i - j)) count[n-1-j], count[n-1-i]; }
  h count[n-1-i];
}
for int i in [0:n-1] { c[i] = measure count[n-1-i]; }
