// Teleported, and turned back by what was done to it: the last qubit ends in 0.
// expect 000 1/4, 001 1/4, 010 1/4, 011 1/4
OPENQASM 3.0;
include "stdgates.inc";
qubit[3] q;
bit[2] m;
bit out;
U(0.3, 0.2, 0.1) q[0];
h q[1];
cx q[1], q[2];
cx q[0], q[1];
h q[0];
m[0] = measure q[0];
m[1] = measure q[1];
if (m[1]) { x q[2]; }
if (m[0]) { z q[2]; }
inv @ U(0.3, 0.2, 0.1) q[2];
out = measure q[2];
