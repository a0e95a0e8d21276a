"""Statements that say what a name means, and the first lines of a program: version and includes."""

from __future__ import annotations

from qcjob.languages.openqasm.expressions import Range, Value
from qcjob.languages.openqasm.faults import shown
from qcjob.languages.openqasm.operands import operand_sizes, parts
from qcjob.languages.openqasm.operations import read_expression
from qcjob.languages.openqasm.standard import BUILT_IN, DEFINED, KEYWORDS, LATER, LIBRARIES, VERSIONS
from qcjob.languages.openqasm.state import Definition, Register, State
from qcjob.languages.openqasm.tokens import Kind

_DEFAULT_BITS = 32
"""Of an int or uint that does not say how many it has: what the smallest of machines give it."""

TYPES = ("bit", "int", "uint", "float", "angle", "complex", "bool", "duration", "stretch", "array", "creg")
QUALIFIERS = ("const", "input", "output", "readonly", "mutable")

_SECOND = ("include", "qreg", "qubit", "creg", "bit", "gate")
"""Words with which the second statement of most programs begins."""


def read_version(state: State, start: int, end: int) -> None:
    """`OPENQASM 3.0;`: of the language that the job is in, and the first statement."""
    allowed = VERSIONS[state.language]
    if state.texts[start + 1] in allowed and state.texts[start + 2] in _SECOND:
        state.fault(start, "syntax-error", "the statement that begins here has no end: ; is missing")
    elif end != start + 2 or state.texts[start + 1] not in allowed:
        found = state.excerpt(start + 1, end)
        wanted = ", ".join(allowed)
        state.fault(min(start + 1, end), "unknown-version", f"found {found}; {state.language} is version {wanted}")
    if any(kind != Kind.RAW for kind in state.kinds[:start]):
        state.fault(start, "syntax-error", "the version is the first statement of a program")


def read_include(state: State, start: int, end: int) -> None:
    """The standard library of the language; no other file."""
    name, allowed = state.texts[start + 1][1:-1], LIBRARIES[state.language]
    if end != start + 2 or state.kinds[start + 1] != Kind.STRING:
        state.fault(start, "syntax-error", f'an include is written include "{allowed}";')
    elif name != allowed:
        state.fault(
            start + 1, "include-not-allowed", f'found {shown(name)}; {state.language} includes "{allowed}" alone'
        )
    elif name in state.includes:
        state.fault(start, "already-defined", f'"{name}" is included already')
    else:
        state.includes.append(name)
        taken = [gate.index for gate in state.definitions.values() if gate.name in DEFINED[name]]
        for index in taken:
            _already_defined(state, index, name)


def read_definition_name(state: State, index: int, *, is_gate: bool) -> Definition:
    """The name of a gate or subroutine that is defined here; a fault where it means something already."""
    name = state.texts[index]
    definition = Definition(name, index, is_gate, depth=1)
    if state.kinds[index] != Kind.WORD:
        return definition  # no name: the parser says so
    if is_gate:
        state.named.append(index)
    else:
        state.has_subroutines = True
    library = next((library for library in state.includes if name in DEFINED[library]), None)
    if library is not None:
        _already_defined(state, index, library)
    elif name in KEYWORDS[state.language]:
        state.fault(index, "syntax-error", f"{shown(name)} is a word of the language, and cannot be a name")
    elif is_gate and name in BUILT_IN[state.language]:
        state.fault(index, "already-defined", f"{shown(name)} is a gate of the language itself")
    elif name in state.definitions or isinstance(state.names.get(name), Register):
        state.fault(index, "already-defined", f"{shown(name)} is defined already")
    elif name in state.undefined:
        earlier = state.undefined[name]
        state.fault(earlier, "undefined-name", f"{shown(name)} is used here, and defined only after that")
    state.definitions[name] = definition
    return definition


def _already_defined(state: State, index: int, library: str) -> None:
    state.fault(index, "already-defined", f'{shown(state.texts[index])} is defined by the include of "{library}"')


def read_qubits(state: State, start: int, end: int) -> None:
    """`qreg q[5];`, `qubit[5] q;`, `qubit q;`: no more of them than the device has."""
    name, size = _register(state, start, end)
    before = state.num_qubits
    state.num_qubits += size
    if state.num_qubits > state.device_qubits >= before:
        found = state.excerpt(start, end)
        state.fault(
            start,
            "too-many-qubits",
            f"with {found} the program has more qubits than the device's {state.device_qubits}",
        )
    _declare_register(state, name, size)


def read_classical(state: State, start: int, end: int) -> None:
    """Bits and variables, with what they are set to: `creg c[5];`, `bit[5] c = measure q;`, `const int n = 5;`."""
    first, texts = start, state.texts
    while texts[first] in QUALIFIERS:
        first += 1
    equals = next((index for index in range(first, end) if texts[index] == "="), end)
    if texts[first] in ("bit", "creg"):
        name, size = _register(state, first, equals)
        before = state.num_clbits
        state.num_clbits += size * state.frames[-1].times
        if state.num_clbits > state.limits.clbits >= before:
            _too_many_clbits(state, start, equals)
        _declare_register(state, name, size)
    else:
        _check_width(state, start, equals)
        name = equals - 1
        state.declare(texts[name], _constant(state, first, equals, end) if texts[start] == "const" else None)
    if equals < end and texts[start] != "const":
        read_expression(state, equals + 1, end)


def _constant(state: State, start: int, equals: int, end: int) -> Value:
    """What a constant of a type is; None where the value does not fit into it, for then it becomes another."""
    value, kind = state.value(equals + 1, end), state.texts[start]
    if kind == "float" or value is None:
        return value if kind == "float" else None
    if kind not in ("int", "uint") or isinstance(value, Range):
        return None
    has_width = state.texts[start + 1] == "["
    bits = state.size(start + 2, state.closed[start + 1]) if has_width else _DEFAULT_BITS
    bits = min(bits, state.limits.clbits)
    least, most = (0, 2**bits - 1) if kind == "uint" else (-(2**bits) // 2, 2**bits // 2 - 1)
    return int(value) if least <= value <= most else None


def read_alias(state: State, start: int, end: int) -> None:
    """`let a = q[0:2] ++ r;`: as large as its parts together."""
    size = sum(operand_sizes(state, start + 3, end))
    if size > max(state.device_qubits, state.limits.clbits):
        state.fault(start, "too-many-qubits", f"an alias of {size:,} qubits or bits names some of them twice")
        size = 1
    if state.kinds[start + 1] == Kind.WORD:
        state.declare(state.texts[start + 1], Register(size))


def declare_arguments(state: State, opening: int) -> None:
    """What a subroutine is given: registers of a known size, and values that are not known."""
    closing = state.closed[opening]
    for start, end in parts(state, opening + 1, closing, ","):
        if start == end:
            continue
        if state.texts[start] in ("qubit", "bit", "qreg", "creg"):
            name, size = _register(state, start, end)
            most = state.limits.clbits if state.texts[start] in ("bit", "creg") else state.device_qubits
            if size > most:
                code = "too-many-clbits" if state.texts[start] in ("bit", "creg") else "too-many-qubits"
                state.fault(start, code, f"{state.excerpt(start, end)} is more than the {most} there are")
            state.declare(state.texts[name], Register(min(size, most)))
        else:
            state.declare(state.texts[end - 1], None)


def _register(state: State, start: int, end: int) -> tuple[int, int]:
    """The token that names a register, and its size; 1 where it has none."""
    bracket = next((index for index in range(start + 1, end) if state.texts[index] == "["), None)
    if bracket is None:
        return max(start, end - 1), 1
    close = state.closed[bracket]
    name = bracket - 1 if bracket > start + 1 else min(close + 1, end)
    return name, state.size(bracket + 1, close)


def _declare_register(state: State, name: int, size: int) -> None:
    text = state.texts[name]
    if state.language == "openqasm2" and text in LATER and text not in state.definitions:
        state.registers.setdefault(text, name)
    if text in state.definitions:
        state.fault(name, "already-defined", f"{shown(text)} is defined already")
    state.declare(text, Register(size))


def _check_width(state: State, start: int, end: int) -> None:
    """A variable, or an array with all of its members, has no more bits than a program may have."""
    index, total = start, 1
    while index < end:
        if state.texts[index] == "[":
            close = state.closed[index]
            if state.texts[index + 1] not in TYPES:
                total *= state.size(index + 1, close)
                index = close
            elif state.texts[index - 1] == "array":
                for piece in parts(state, index + 1, close, ",")[1:]:
                    total *= state.size(*piece)
            if total > state.limits.clbits:
                _too_many_clbits(state, start, end)
                return
        index += 1


def _too_many_clbits(state: State, start: int, end: int) -> None:
    most = state.limits.clbits
    found = state.excerpt(start, end)
    state.fault(start, "too-many-clbits", f"with {found} the program has more than {most:,} classical bits")
