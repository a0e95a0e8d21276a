// like ising_written_out
OPENQASM 3.0;
include "stdgates.inc";
const float dt = 0.17;
qubit[4] q;
bit[4] c;
for int step in [1:3] {
  for int i in [0:2] { cx q[i], q[i + 1]; rz(2 * dt) q[i + 1]; cx q[i], q[i + 1]; }
  rx(2.4 * dt) q;
}
c = measure q;
