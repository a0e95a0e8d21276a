// like loops_in_gates_written_out
// The body of a gate has loops; lists of names may end with a comma.
OPENQASM 3.0;
include "stdgates.inc";
gate ladder(theta,) a, b, {
  for int i in [1:3] {
    ry(theta * i) a;
    for int j in {0, 2} { crx(theta + j) a, b; }
  }
  h b;
}
qubit[2] q;
bit[2] c;
ladder(0.4) q[0], q[1];
inv @ ladder(0.3) q[1], q[0];
c = measure q;
