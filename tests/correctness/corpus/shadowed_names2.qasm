// No include, so x is what the program says it is: a quarter of a turn, and cx the other way round.
// expect 11 1/2, 00 1/2
OPENQASM 2.0;
gate x a { U(pi/2, 0, pi) a; }
gate cx a, b { CX b, a; }
qreg q[2];
creg c[2];
x q[1];
cx q[0], q[1];
measure q -> c;
