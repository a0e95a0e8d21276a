OPENQASM 3.0;
include "stdgates.inc";
gate layer(a, b) p0, p1 { ry(a) p0; rz(b/2) p1; cz p0, p1; u3(a, b, a+b) p0; u2(a, b) p1; }
qubit[3] q;
bit[3] c;
layer(0.3, 1.1) q[0], q[1];
layer(-0.7, 0.2) q[1], q[2];
layer(2.3, -1.4) q[2], q[0];
c = measure q;
