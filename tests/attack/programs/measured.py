"""Values that a measurement decides, made to grow without end: formulas, bits of variables, and moves among them."""

from __future__ import annotations

from tests.attack.programs.passing import DEAR, HEAD3, MANY, UNSUPPORTED, openqasm3

_MEASURED = HEAD3 + "qubit[4] q; bit[4] c; h q; c = measure q; uint[4] n = c; "
_CLBITS = "too-many-clbits"

ATTACKS = (
    openqasm3("a sum of itself, again and again", _MEASURED + "n = " + "n + " * 60 + "n;", MANY),
    openqasm3("sums that go on for ever", lambda: _MEASURED + "n = n + n + n; " * 400, "", DEAR),
    openqasm3("as many signs as there may be", _MEASURED + "n = " + "- " * 60 + "n;", MANY),
    openqasm3("a shift without end", _MEASURED + "n = n << 1000000000000000000;", "", UNSUPPORTED),
    openqasm3("a shift to the other side without end", _MEASURED + "n = n >> -1000000000000000000;", "", UNSUPPORTED),
    openqasm3("a factor of twenty digits", _MEASURED + "n = n * 99999999999999999999;", "", MANY),
    openqasm3("a factor of hundreds of bits", _MEASURED + "const uint[256] k = 2 ** 200; n = n * k;", "", MANY),
    openqasm3("a division by zero", _MEASURED + "n = n / 0;", UNSUPPORTED),
    openqasm3("the rest of a division by zero", _MEASURED + "n = n % 0;", UNSUPPORTED),
    openqasm3("a measured power", _MEASURED + "n = 2 ** n;", UNSUPPORTED),
    openqasm3(
        "four thousand bits counted", HEAD3 + "qubit q; bit[4000] c; c[0] = measure q; int n = popcount(c);", MANY
    ),
    openqasm3("a sum as wide as a program", HEAD3 + "bit b; b = measure $0; uint[4000] n = 1; if (b) n = n + n;", MANY),
    openqasm3(
        "as wide a comparison", HEAD3 + "bit b; b = measure $0; uint[2000] n = 1; if (b) n = 2; if (n < 3) x $0;", ""
    ),
    openqasm3(
        "a cast to more bits than there are", _MEASURED + "if (uint[100000](c) == 3) x q[0];", "", "wrong-arguments"
    ),
    openqasm3(
        "variables without number",
        lambda: _MEASURED + "".join(f"int v{at} = 0; if (c[0]) v{at} = 1; " for at in range(600)),
        _CLBITS,
    ),
    openqasm3(
        "variables as wide as may be",
        lambda: _MEASURED + "".join(f"uint[1000] v{at} = c; " for at in range(90)),
        _CLBITS,
    ),
    openqasm3(
        "a register moved within itself",
        lambda: HEAD3 + "bit[900] w; w[0] = measure $0; " + "w = w << 1; " * 90,
        "",
        DEAR,
    ),
    openqasm3("bits that change places", _MEASURED + "c = (c << 2) | (c >> 2);", UNSUPPORTED),
    openqasm3(
        "a counter in a loop that is left",
        _MEASURED + "for int i in [0:20] { n += 3; if (c[0]) { n = n * 3; break; } }",
        "",
        DEAR,
    ),
    openqasm3("choices that part what bits hold", lambda: _MEASURED + "if (c[0]) c[1] = !c[1]; " * 1_500, "", DEAR),
    openqasm3(
        "a function of itself, twenty deep",
        _MEASURED + "def f(int n) -> int { return n + 1; } n = " + "f(" * 20 + "n" + ")" * 20 + ";",
        "",
        MANY,
        DEAR,
    ),
    openqasm3("a number of rounds that was measured", _MEASURED + "for int i in [0:n] x q[0];", UNSUPPORTED),
    openqasm3(
        "a loop whose condition is a call",
        HEAD3 + "def f(qubit a) -> bit { return measure a; } while (f($0)) { }",
        "",
    ),
)
