// expect 10110 1
OPENQASM 3;
include "stdgates.inc";
const uint secret = 22;
const int n = 5;
qubit[n] q;
qubit a;
bit[n] c;
x a;
h q;
h a;
for int i in [0:n-1] {
  if (((secret >> i) & 1) == 1) { cx q[i], a; }
}
h q;
c = measure q;
