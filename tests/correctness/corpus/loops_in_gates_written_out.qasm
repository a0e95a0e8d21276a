OPENQASM 3.0;
include "stdgates.inc";
gate ladder(theta) a, b {
  ry(theta * 1) a;
  crx(theta) a, b;
  crx(theta + 2.0) a, b;
  ry(theta * 2) a;
  crx(theta) a, b;
  crx(theta + 2.0) a, b;
  ry(theta * 3) a;
  crx(theta) a, b;
  crx(theta + 2.0) a, b;
  h b;
}
qubit[2] q;
bit[2] c;
ladder(0.4) q[0], q[1];
inv @ ladder(0.3) q[1], q[0];
c = measure q;
