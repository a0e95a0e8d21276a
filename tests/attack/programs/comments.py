"""Comments and texts without an end, or that hide what stands behind them."""

from __future__ import annotations

from tests.attack.programs.attack import openqasm2, openqasm3

ATTACKS = (
    openqasm3("a comment without an end", "qubit q; /* x q;", "syntax-error", 10),
    openqasm2("a comment without an end, a mebibyte long", lambda: "/*" + "*" * 1_000_000, "syntax-error"),
    openqasm3("half an end", "/*/", "syntax-error"),
    openqasm2("thirty thousand beginnings", lambda: "/* " * 300_000, "syntax-error"),
    openqasm3("a comment that ends at a lone return", "// a\rqubit[2000000000] q;", "too-many-qubits", 1, 2),
    openqasm2("a lone return before a bomb", "// \rqreg q[2000000000];", "too-many-qubits", 1, 2),
    openqasm3("a comment in a name", "qubit[1/**/28] q;", "unsupported", 7),
    openqasm3("a text without an end", 'include "stdgates.inc;\nqubit q;', "syntax-error", 9),
    openqasm3("a text across lines", 'include "std\ngates.inc";', "syntax-error", 9),
    openqasm3("a text with the other mark at its end", "include \"stdgates.inc';", "syntax-error", 9),
    openqasm2("quotes without number", lambda: "'\"" * 300_000, "syntax-error"),
    openqasm3("a comment that begins in a text", 'include "//"; qubit[999] q;', "include-not-allowed", 9),
    openqasm3("a comment at the end of the world", "qubit[200] q; //", "too-many-qubits"),
    openqasm3("a string of bits that never ends", lambda: 'bit[4] b = "' + "01" * 5_000 + '";', "literal-too-long", 12),
)
