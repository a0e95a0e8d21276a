// A global phase is seen when it is controlled.
// expect 1 1
OPENQASM 3.0;
include "stdgates.inc";
gate minus a { gphase(pi); }
qubit q;
qubit t;
bit c;
h q;
ctrl @ minus q, t;
h q;
c = measure q;
