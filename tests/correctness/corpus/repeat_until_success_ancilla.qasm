// A turn that succeeds when the ancilla reads 0; else it is undone, and tried again.
// expect 00 1/2, 10 1/2
OPENQASM 3.0;
include "stdgates.inc";
qubit target;
qubit ancilla;
bit flag;
bit out;
h ancilla;
flag = measure ancilla;
while (flag) {
  reset ancilla;
  h ancilla;
  flag = measure ancilla;
}
h target;
out = measure target;
