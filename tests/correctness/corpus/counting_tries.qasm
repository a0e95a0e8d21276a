// A counter of how often a coin was thrown until it fell on its back, three times at most.
// expect 001 1 1/2, 010 1 1/4, 011 1 1/8, 011 0 1/8
OPENQASM 3.0;
include "stdgates.inc";
qubit q;
bit done;
uint[3] tries = 0;
while (!done && tries < 3) {
  reset q;
  h q;
  done = measure q;
  tries = tries + 1;
}
