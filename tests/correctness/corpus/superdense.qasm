// expect 11 1
OPENQASM 3.0;
include "stdgates.inc";
qubit alice;
qubit bob;
bit[2] c;
h alice;
cx alice, bob;
z alice;
x alice;
cx alice, bob;
h alice;
c[0] = measure alice;
c[1] = measure bob;
