// h does nothing here, and s flips.
// expect 10 1
OPENQASM 3.0;
gate h a { U(0, 0, 0) a; }
gate s a { U(pi, 0, pi) a; }
gate cz a, b { ctrl @ s a, b; }
qubit[2] q;
bit[2] c;
h q[0];
s q[0];
cz q[0], q[1];
s q[0];
c = measure q;
