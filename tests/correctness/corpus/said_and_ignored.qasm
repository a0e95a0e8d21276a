// Pragmas and annotations that nobody here knows, an output, complex numbers, a box and the bits of a number.
// expect 11 1
OPENQASM 3.0;
#pragma vendor something of its own
include "stdgates.inc";
qubit[2] q;
output bit[2] c;
@vendor keep together
const complex[float[64]] z = (1 + 2im) * (1 - 2im);
@vendor.hint
box { rx(real(z) * pi / 5) q[0]; }
@first
@second with words
if (imag(z) == 0) { cx q[0], q[1]; }
c = measure q;
