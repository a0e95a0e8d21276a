"""Legal programs that together use every construct of OpenQASM 2 and 3: none may be refused before it is parsed."""

from __future__ import annotations

OPENQASM2 = {
    "everything": """\
        // said before the version
        OPENQASM 2.0;
        include "qelib1.inc";
        qreg q[4];
        qreg ancilla[1];
        creg c[4];
        creg d[1];
        opaque magic(alpha, beta) a, b;
        gate nothing a { }
        gate pair(theta, phi) a, b
        {
          U(theta/2, -phi, +theta) a;   // a comment with an é and a 量
          CX a, b;
          barrier a, b;
          rz(-(theta + phi) * 2 ^ 2) b;
          nothing a;
        }
        pair(pi/2, sin(pi) + cos(0.5) - tan(.25) * exp(1.) / ln(2) + sqrt(4e0)) q[0], q[1];
        U(0, 0, 3.141592653589793) ancilla;
        CX q[0], q[1];
        h q;
        cx q[0], ancilla[0];
        barrier q, ancilla[0];
        reset q[2];
        reset q;
        measure q -> c;
        measure ancilla[0] -> d[0];
        if (c == 5) x q[1];
        if(d==1)measure q[0]->c[0];
        rx(-1.2345678901234567e-05) q[3];
        """,
    "no version and no include": "qreg q[1];gate x a{U(pi,0,pi) a;}x q[0];",
    "nothing": "OPENQASM 2.0;",
    "words that are keywords in OpenQASM 3 alone": """\
        OPENQASM 2.0;
        include "qelib1.inc";
        gate box(angle) let { rz(angle) let; }
        qreg bit[2]; qreg for[1]; creg input[2];
        box(1) bit[0];
        cx bit[1], for[0];
        measure bit -> input;
        """,
    "a later edition's gate, defined by the program": """\
        OPENQASM 2.0;
        include "qelib1.inc";
        gate swap a, b { cx a, b; cx b, a; cx a, b; }
        gate sx a { sdg a; h a; sdg a; }
        qreg q[2];
        swap q[0], q[1];
        """,
}

OPENQASM3 = {
    "version and comments": """\
        /* said before
           the version: é, 量子 */
        OPENQASM 3.1;
        include 'stdgates.inc';
        // a comment
        """,
    "versions": "OPENQASM 3;",
    "registers": """\
        OPENQASM 3.0;
        include "stdgates.inc";
        const int[32] n = 3;
        const uint size = 2 * n - 1;
        qubit one;
        qubit[n] few;
        qubit[size] more;
        qreg old[2];
        creg oldc[2];
        bit b;
        bit[4] c = "0101";
        bit[8] d = "1111_0000";
        let whole = few ++ more[0:2:4];
        let part = few[{0, 2}];
        let back = more[-1];
        h whole;
        x part;
        cx one, few;
        U(0, 0, 0) few[0], more[1];
        reset old;
        c[0] = measure few[0];
        oldc = measure old;
        measure one -> b;
        measure few[1];
        barrier;
        barrier few, more[2];
        """,
    "the device's own qubits": "OPENQASM 3.0; x $0; ctrl @ x $0, $4; barrier $1; bit b; b = measure $126;",
    "numbers": """\
        OPENQASM 3.0;
        const int a = 1_000;
        const uint[16] b = 0x1F;
        const uint[16] g = 0b1010_1010 + 0o17 + 0X1f + 0B1;
        const float e = 1.5e-3 + .5 + 5. + 1e+2 + 1_0.0_1;
        complex[float[64]] z = 2.0 + 3.5im;
        angle[20] t = pi / 2;
        duration u = 100ns;
        duration v = 2.5 us + 3ms - 4 s;
        duration w = 800dt;
        bool yes = true;
        bool no = false;
        """,
    "inputs and outputs": "OPENQASM 3.0; input float[64] theta; input bit[3] b; output bit[2] out; input angle a;",
    "gates and modifiers": """\
        OPENQASM 3.0;
        include "stdgates.inc";
        gate mine(a, b) p, q { rx(a) p; ctrl @ rz(b) p, q; gphase(a / 2); }
        gate plain p { h p; }
        gate empty p { }
        gate loop p { for uint i in [0:3] { h p; } }
        qubit[3] q;
        mine(pi, -tau) q[0], q[1];
        plain q;
        inv @ plain q[0];
        pow(2) @ mine(1, 2) q[0], q[1];
        pow(0.5) @ x q[0];
        pow(-1) @ s q[0];
        ctrl(2) @ x q[0], q[1], q[2];
        negctrl @ ctrl @ inv @ pow(3) @ x q[0], q[1], q[2];
        ctrl @ gphase(pi) q[0];
        gphase(euler);
        U(pi / 2, 0, sin(pi) ** 2) q[1];
        plain[100ns] q[0];
        """,
    "control flow": """\
        OPENQASM 3.0;
        include "stdgates.inc";
        qubit[4] q;
        bit[4] c;
        const int n = 4;
        if (c[0]) x q[0];
        if (c[0] == 1 && !c[1]) { x q[0]; } else { y q[0]; }
        if (c == 3) { x q[0]; } else if (c == 4) { y q[0]; } else z q[0];
        if (c[0]) if (c[1]) x q[0]; else y q[0];
        for uint i in [0:n - 1] { h q[i]; }
        for int[32] i in [n - 1:-1:0] h q[i];
        for int i in {0, 2, 3} { for int j in [0:i] { x q[i]; continue; } break; }
        for bit b in c { x q[0]; }
        while (c[0] == 0) { h q[0]; c[0] = measure q[0]; }
        while (!c[0]) c[0] = measure q[0];
        switch (c) { case 0, 1 { x q[0]; } case 2 { } default { y q[0]; } }
        { bit inner; inner = measure q[0]; }
        end;
        """,
    "classical": """\
        OPENQASM 3.0;
        qubit[2] q;
        int[32] a = 5;
        uint b;
        float[64] f = 2.0 * a;
        array[int[32], 2, 3] m = {{1, 2, 3}, {4, -5, 6}};
        m[0, 1] = 3;
        m[0][1] += 1;
        a = a << 2 | b & 3 ^ ~a;
        a **= 2;
        b = uint[32](f);
        bool t = a <= 3 || b != 4 && !(a > 1);
        bit[4] r = bit[4](b);
        a = sizeof(m);
        f = sin(f) + arctan(f) + mod(a, 3) + popcount(r);
        """,
    "subroutines": """\
        OPENQASM 3.0;
        include "stdgates.inc";
        extern noise(float[64], int) -> float[64];
        extern nothing();
        def flip(qubit[2] r, qubit s, int[32] k) -> bit { x r; cx r[0], s; return measure s; }
        qubit[3] q;
        bit c;
        c = flip(q[0:1], q[2], 3);
        flip(q[0:1], q[2], 4);
        float x = noise(1.0, 2);
        """,
    "rare arguments": """\
        OPENQASM 3.0;
        def old(qreg r[2], creg c[1]) { U(0, 0, 0) r; return; }
        def sum(readonly array[int[8], #dim = 1] a, mutable array[int[8], 3] b) { b[0] = a[0]; }
        """,
    "timing": """\
        OPENQASM 3.0;
        include "stdgates.inc";
        qubit[2] q;
        stretch a;
        duration d = durationof({x q[0];});
        box { delay[a] q[0]; x q[1]; }
        box[1ms] { delay[2 * d - 5ns] q[0], q[1]; nop q; }
        delay[86400 s] q;
        """,
    "annotations and pragmas": """\
        OPENQASM 3.0;
        include "stdgates.inc";
        #pragma compiler { says ( what "it likes
        pragma and this too;;
        qubit q;
        @note of a gate ( { [ "
        @bare
        x q;
        bit c;
        if (c)
          @on.a.body
          x q;
        """,
    "shadowed names": """\
        OPENQASM 3.0;
        gate x a { U(pi, 0, pi) a; }
        gate y(x) a { U(x, 0, x) a; }
        gate z x { y(1) x; }
        qubit[2] q;
        const int n = 2;
        if (true) { const int n = 100; for int x in [0:n] { y(x) q[0]; } }
        for int i in [0:n] { x q; }
        """,
}

NOT_READ_BY_THE_REFERENCE = {"rare arguments"}
"""Legal by the grammar, and an AttributeError in the reference parser, openqasm3 1.0."""
