// Waiting changes nothing on a perfect device.
// expect 1 1
OPENQASM 3.0;
include "stdgates.inc";
qubit q;
bit c;
h q;
delay[100ns] q;
barrier q;
delay[2us + 1ms] q;
z q;
box { delay[0ns] q; h q; }
c = measure q;
