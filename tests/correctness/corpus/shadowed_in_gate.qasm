// A gate's own parameters and qubits hide what is outside.
// expect 01 1
OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
bit[2] c;
gate flip(q) c { rx(q) c; }
flip(pi) q[0];
c = measure q;
