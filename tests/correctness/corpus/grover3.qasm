// Three qubits, two turns, 5 marked: sin^2(5 asin(1/sqrt 8)) = 121/128, and 1/128 for each of the others.
// expect 101 121/128, 000 1/128, 001 1/128, 010 1/128, 011 1/128, 100 1/128, 110 1/128, 111 1/128
OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
bit[3] c;
h q;
for uint turn in [1:2] {
  x q[1];
  ctrl(2) @ z q[0], q[1], q[2];
  x q[1];
  h q;
  negctrl(2) @ gphase(pi) q[0], q[1];
  negctrl(2) @ ctrl @ gphase(pi) q[0], q[1], q[2];
  h q;
}
c = measure q;
