// 3 + 2 = 5: a ripple of majorities, in two registers and a carry.
// expect 101 1
OPENQASM 2.0;
include "qelib1.inc";
gate majority a, b, c { cx c, b; cx c, a; ccx a, b, c; }
gate unmajority a, b, c { ccx a, b, c; cx c, a; cx a, b; }
qreg cin[1];
qreg a[2];
qreg b[2];
qreg cout[1];
creg sum[2];
creg carry[1];
x a[0];
x a[1];
x b[1];
majority cin[0], b[0], a[0];
majority a[0], b[1], a[1];
cx a[1], cout[0];
unmajority a[0], b[1], a[1];
unmajority cin[0], b[0], a[0];
measure b -> sum;
measure cout -> carry;
