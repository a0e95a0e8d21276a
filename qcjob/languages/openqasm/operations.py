"""One operation: how often it counts, and whether what it names is within the device and its registers."""

from __future__ import annotations

from qcjob.languages.openqasm.faults import shown
from qcjob.languages.openqasm.operands import check_physical, operand_sizes, parts
from qcjob.languages.openqasm.standard import BUILT_IN, LATER
from qcjob.languages.openqasm.state import State
from qcjob.languages.openqasm.tokens import Kind

_OPERANDS = (Kind.WORD, Kind.PHYSICAL)
_MODIFIERS = ("inv", "pow", "ctrl", "negctrl")


def read_operation(state: State, start: int, end: int) -> None:
    """A statement that begins with no keyword: a gate applied to qubits, or an expression. `end` is its semicolon."""
    index, factor = (start, 1) if state.language == "openqasm2" else _modifiers(state, start, end)
    name = state.texts[index]
    after = index + 1
    parameters = None
    if state.texts[after] == "(":
        parameters = after
        after = state.closed[after] + 1
    if state.texts[after] == "[" and state.kinds[behind := state.closed[after] + 1] in _OPERANDS:
        after = behind  # how long it takes: x[100ns] q;
    if state.kinds[index] != Kind.WORD or (state.kinds[after] not in _OPERANDS and name != "gphase"):
        read_expression(state, start, end)
        return
    if parameters is not None:
        read_parameters(state, parameters)
    times = max(operand_sizes(state, after, end), default=1)
    state.count(start, factor * max(1, _weight(state, index, name)) * times)


def _weight(state: State, index: int, name: str) -> int:
    """Operations of the gate that a token names, when written out."""
    definition = state.definitions.get(name)
    if definition is None:
        if name not in BUILT_IN[state.language] and name not in LATER:
            state.undefined.setdefault(name, index)
        return 1
    if definition.is_gate:
        state.named.append(index)
    if definition.is_open:
        state.fault(index, "recursive-gate", f"{shown(name)} is defined by itself")
        return 1
    user = state.frames[-1].owner
    user.depth = max(user.depth, definition.depth + 1)
    if user.depth > state.limits.gate_depth and user is not state.program and not user.too_deep:
        user.too_deep = True
        state.fault(
            index,
            "gate-too-deep",
            f"{shown(user.name)} is more than {state.limits.gate_depth} definitions deep: gates of gates of gates",
        )
    return 1 if definition.too_large else definition.weight


def _modifiers(state: State, index: int, end: int) -> tuple[int, int]:
    """Where the gate behind `ctrl @` and its like stands, and how many times its weight they make of it."""
    first, texts = index, state.texts
    controls = modifiers = 0
    factor = 1
    while texts[index] in _MODIFIERS and texts[index + 1] in ("@", "("):
        word, index = texts[index], index + 1
        number: object = 1
        if texts[index] == "(":
            close = state.closed[index]
            number = state.value(index + 1, close)
            index = close + 1
        if texts[index] != "@":
            return first, 1
        size = max(1, int(abs(number))) if isinstance(number, int | float) else 1
        if word == "pow":
            factor *= size
        elif word != "inv":
            controls += size
            modifiers += size - 1
        modifiers += 1
        index += 1
    if modifiers > state.limits.modifiers:
        most = state.limits.modifiers
        state.fault(first, "too-many-modifiers", f"more than {most} modifiers, of which ctrl(n) is n, stand before it")
    return index, min(factor, state.limits.operations + 1) * (1 + controls) ** 2


def read_parameters(state: State, opening: int) -> None:
    """What stands in the brackets after a gate's name, each value finite."""
    closing = state.closed[opening]
    if closing - opening <= 2:
        return
    for start, end in parts(state, opening + 1, closing, ","):
        state.value(start, end)
    if state.has_subroutines:
        read_expression(state, opening + 1, closing)


def read_expression(state: State, start: int, end: int) -> None:
    """An assignment or a call: a measurement counts for each bit, a subroutine for its operations."""
    texts = state.texts
    operations = 1
    is_measured = False
    for index in range(start, end):
        if texts[index] == "measure" and not is_measured:
            is_measured = True
            operations += max(operand_sizes(state, index + 1, end), default=1) - 1
        elif texts[index] in state.definitions and texts[index + 1] == "(":
            operations += _weight(state, index, texts[index])
            operand_sizes(state, index + 2, state.closed[index + 1])
        elif state.kinds[index] == Kind.PHYSICAL:
            check_physical(state, index)
    state.count(start, operations)
