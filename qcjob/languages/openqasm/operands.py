"""What operations are applied to: registers, their members and slices, the device's own qubits, and loops' values."""

from __future__ import annotations

from qcjob.languages.openqasm.expressions import Range, number
from qcjob.languages.openqasm.faults import shown
from qcjob.languages.openqasm.state import Register, State
from qcjob.languages.openqasm.tokens import Kind


def parts(state: State, start: int, end: int, separator: str) -> list[tuple[int, int]]:
    """The pieces between separators that stand in no bracket of their own."""
    pieces, index, first = [], start, start
    while index < end:
        if state.texts[index] == separator:
            pieces.append((first, index))
            first = index + 1
        index = state.closed.get(index, index) + 1
    return [*pieces, (first, end)]


def operand_sizes(state: State, start: int, end: int) -> list[int]:
    """How many qubits or bits each operand stands for. A fault for an index that is not in its register."""
    sizes, index = [], start
    kinds, texts = state.kinds, state.texts
    while index < end:
        kind = kinds[index]
        if kind == Kind.WORD:
            register = state.names.get(texts[index])
            size = register.size if isinstance(register, Register) else 1
            index += 1
            while texts[index] == "[" and index < end:
                size = _indexed(state, index, size if isinstance(register, Register) else None)
                index = state.closed[index] + 1
            sizes.append(size)
        elif kind == Kind.PHYSICAL:
            check_physical(state, index)
            sizes.append(1)
            index += 1
        else:
            index = state.closed.get(index, index) + 1
    return sizes


def _indexed(state: State, opening: int, size: int | None) -> int:
    """How many of a register's members an index takes; `size` is None where the register's is not known."""
    closing = state.closed[opening]
    first = opening + 1
    if closing == first + 1 and state.kinds[first] == Kind.NUMBER:
        _check_index(state, first, size)
        return 1
    if state.texts[first] == "{":
        members = parts(state, first + 1, state.closed[first], ",")
        for start, end in members:
            if end == start + 1 and state.kinds[start] == Kind.NUMBER:
                _check_index(state, start, size)
        return len(members)
    pieces = parts(state, first, closing, ":")
    if len(pieces) == 1:
        state.value(first, closing)
        return 1
    first_value, last_value = (
        state.value(*piece) if piece[0] < piece[1] else None for piece in (pieces[0], pieces[-1])
    )
    most = size or 1
    if isinstance(first_value, int) and isinstance(last_value, int) and min(first_value, last_value) >= 0:
        return max(1, min(most, abs(last_value - first_value) + 1))
    return most


def _check_index(state: State, index: int, size: int | None) -> None:
    text = state.texts[index]
    value = number(text)
    if size is not None and isinstance(value, int) and value >= size:
        allowed = f"0 to {size - 1}" if size else "none, the register is empty"
        state.fault(index, "index-out-of-range", f"found {shown(text)}; the indexes of this register are {allowed}")


def check_physical(state: State, index: int) -> None:
    """A qubit of the device, `$n`, is one that it has."""
    value = number(state.texts[index][1:])
    if isinstance(value, int) and value >= state.device_qubits:
        most = state.device_qubits - 1
        state.fault(index, "too-many-qubits", f"found {shown(state.texts[index])}; the device has $0 to ${most}")


def loop_rounds(state: State, opening: int) -> tuple[int | None, Range | None]:
    """How often a loop over `[first : last]` or `[first : step : last]` runs at most, and the values it takes.

    (None, None) where that is not known, or where it never ends.
    """
    pieces = parts(state, opening + 1, state.closed[opening], ":")
    if len(pieces) not in (2, 3):
        return None, None
    values = [_as_range(state.value(*piece)) for piece in pieces]
    step = values[1] if len(values) == 3 else Range(1, 1)
    first, last = values[0], values[-1]
    if first is None or last is None or step is None or step.low <= 0 <= step.high:
        return None, None
    distance = last.high - first.low if step.low > 0 else first.high - last.low
    stride = min(abs(step.low), abs(step.high))
    every = Range(min(first.low, last.low), max(first.high, last.high))
    return max(0, distance // stride + 1), every


def listed_values(state: State, opening: int) -> tuple[int, Range | None]:
    """How often a loop over `{1, 5, 9}` runs, and the values it takes; None where they are not known."""
    pieces = parts(state, opening + 1, state.closed[opening], ",")
    values = [value for piece in pieces if (value := _as_range(state.value(*piece)))]
    if len(values) < len(pieces):
        return len(pieces), None
    return len(pieces), Range(min(value.low for value in values), max(value.high for value in values))


def _as_range(value: object) -> Range | None:
    if isinstance(value, float):
        value = int(value)
    return Range(value, value) if isinstance(value, int) else value if isinstance(value, Range) else None
