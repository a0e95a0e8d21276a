"""What Qiskit's reader of OpenQASM 2 says of a program, as our codes."""

from __future__ import annotations

import re

from qcjob.languages.openqasm.standard import WAIT

_message = re.compile(r"(?:<input>:(\d+),(\d+): )?(.*)", re.DOTALL)

NOT_INCLUDED = 'it is defined by include "qelib1.inc", which this program does not have'
"""How the message ends where a gate of the library is used without it."""
_not_included = re.compile(r"cannot use non-builtin custom instruction '(\w+)' before definition")

_of_openqasm3 = re.compile(
    r"'(qubit|bit|u?int|float|angle|bool|const|let|def|for|while|switch|input|output|array|box|ctrl|negctrl|inv|gphase)'"
    r" is not defined in this scope"
)

_CODES = {
    "undefined-name": r"is not defined in this scope|is a word of OpenQASM 3|is not a parameter or custom instruction",
    "already-defined": r"already defined",
    "index-out-of-range": r"out-of-range",
    "duplicate-qubit": r"duplicate qubits",
    "register-size-mismatch": r"cannot resolve broadcast",
    "infinite-parameter": r"divide by zero|constant folding|too large to convert",
    "wrong-arguments": r"\btakes? \d+|, not an? |__init__\(\) (?:missing|takes)"
    r"|parameter index out of range|only accept an integer|must be positive",
}
"""What is wrong, by the words for it; whatever else the reader says is about syntax."""


def told(error: BaseException) -> tuple[int | None, int, str, str]:
    """Line (None: not said), column, code and message of what the reader raised.

    Beside its own error that may be a TypeError of the gate that was called, or a panic of the Rust below it, which is
    no Exception.
    """
    text = str(getattr(error, "message", error))
    found = _message.fullmatch(text.strip("'\""))
    assert found is not None
    line, column, message = found.groups()
    if (found := _not_included.search(message)) and found[1] == WAIT:
        return (
            int(line),
            int(column) + 1,
            "undefined-name",
            f"'{WAIT}' is not defined; write `opaque {WAIT}(t) q;` first",
        )
    if found:
        return int(line), int(column) + 1, "undefined-name", f"{found[1]!r} is not defined; {NOT_INCLUDED}"
    if found := _of_openqasm3.match(message):
        message = (
            f"{found[1]!r} is a word of OpenQASM 3, and the program is taken for OpenQASM 2 by its version or words"
        )
    code = next((code for code, words in _CODES.items() if re.search(words, message)), "syntax-error")
    if type(error).__name__ == "PanicException":
        message = "a number that cannot be read"
    elif isinstance(error, TypeError) or "parameter index" in message:
        code, message = "wrong-arguments", "a gate is applied without the parameters it takes"
    place = (int(line), int(column) + 1) if line else (None, 1)
    return *place, code, message[:300]
