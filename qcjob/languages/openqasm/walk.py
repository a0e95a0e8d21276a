"""Through a program statement by statement, in and out of its blocks, without a call for each level."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qcjob.languages.openqasm.declarations import (
    QUALIFIERS,
    TYPES,
    declare_arguments,
    read_alias,
    read_classical,
    read_definition_name,
    read_include,
    read_qubits,
    read_version,
)
from qcjob.languages.openqasm.operands import listed_values, loop_rounds, operand_sizes
from qcjob.languages.openqasm.operations import read_expression, read_operation
from qcjob.languages.openqasm.standard import WAIT
from qcjob.languages.openqasm.state import Register, State
from qcjob.languages.openqasm.tokens import Kind


def walk(state: State) -> None:
    """Every statement in the order it stands. What is wrong goes to the state's faults."""
    kinds, texts, frames = state.kinds, state.texts, state.frames
    openers, simple = _OPENERS[state.language], _SIMPLE[state.language]
    index, last = 0, len(texts) - 1
    unread = sorted(state.broken, reverse=True)
    while index < last:
        if unread and index >= unread[-1] and index != unread.pop():
            state.faults.refuse()  # brackets and statements disagree about where one begins
        end = frames[-1].end
        if end is not None and index >= end:
            index = max(index, end + 1)
            _leave_block(state, index)
        elif kinds[index] == Kind.RAW or texts[index] == ";":
            index += 1
        elif index in state.broken:
            index = state.broken[index] + 1
            if frames[-1].end is None:
                _leave_bodies(state, index)
        elif texts[index] in openers:
            index = openers[texts[index]](state, index)
        else:
            try:
                semicolon = texts.index(";", index)
            except ValueError:
                state.fault(index, "syntax-error", "the statement that begins here has no end: ; is missing")
                return
            if unread and semicolon >= unread[-1]:
                state.faults.refuse()
            simple.get(texts[index], read_operation)(state, index, semicolon)
            index = semicolon + 1
            if frames[-1].end is None:
                _leave_bodies(state, index)


def _leave_block(state: State, index: int) -> None:
    """Out of the block that ended before `index`, and of what it was the body of."""
    frame = state.pop()
    if frame.owner is not state.frames[-1].owner:
        frame.owner.is_open = False
    if not (frame.is_if and state.texts[index] == "else"):
        _leave_bodies(state, index)


def _leave_bodies(state: State, index: int) -> None:
    """Out of every body without braces whose one statement ended before `index`; an `else` goes with the nearest if."""
    is_else = state.texts[index] == "else"
    while len(state.frames) > 1 and state.frames[-1].end is None:
        if state.pop().is_if and is_else:
            return


def _enter(state: State, start: int, body: int, **values: Any) -> int:
    """Into the body, with or without braces, of the statement at `start`; where its first statement stands."""
    if state.texts[body] == "{":
        state.push(start, state.closed[body], **values)
        return body + 1
    state.push(start, None, **values)
    return body


def _block(state: State, index: int) -> int:
    return _enter(state, index, index)


def _choice(state: State, index: int) -> int:
    """`if (…)`, `while (…)`, `switch (…)`, before a body."""
    opening = index + 1
    if state.texts[opening] != "(":
        return opening
    closing = state.closed[opening]
    read_expression(state, opening, closing)
    return _enter(state, index, closing + 1, is_if=state.texts[index] == "if")


def _else(state: State, index: int) -> int:
    """The other body of an if. One `else if` after another nests, as it does for whoever reads it as a tree."""
    return _enter(state, index, index + 1, depth=state.left_if_depth)


def _stray(state: State, index: int) -> int:
    """A brace that ends no block of statements: of `durationof({…})`, or of what is no statement at all."""
    return index + 1


def _headed(state: State, index: int) -> int:
    """`box[…] {`, `case 1, 2 {`, `default {`."""
    body = index + 1
    while state.texts[body] not in ("{", ";", "}", ""):
        body = state.closed.get(body, body) + 1
    return _enter(state, index, body) if state.texts[body] == "{" else body


def _for(state: State, index: int) -> int:
    """`for TYPE NAME in VALUES`, before a body that is written out once for each value."""
    texts = state.texts
    named = index + 1
    while texts[named] not in ("in", "{", ";", ""):
        named = state.closed.get(named, named) + 1
    if texts[named] != "in":
        return named
    values, variable = named + 1, texts[named - 1]
    if not texts[values]:
        return values  # the text ends here
    rounds, meaning = None, None
    body = state.closed.get(values, values) + 1
    if texts[values] == "[":
        rounds, meaning = loop_rounds(state, values)
    elif texts[values] == "{":
        rounds, meaning = listed_values(state, values)
    elif isinstance(register := state.names.get(texts[values]), Register) and texts[body] != "[":
        rounds = register.size
    # Where the rounds are not known here, the compiler counts them as it writes them out.
    body = _enter(state, index, body, times=1 if rounds is None else rounds, loop=index)
    state.declare(variable, meaning)
    return body


def _gate(state: State, index: int) -> int:
    """`gate NAME(parameters) qubits {`."""
    name, body = index + 1, index + 1
    while state.texts[body] not in ("{", ";", ""):
        body += 1
    if state.texts[body] != "{" or state.kinds[name] != Kind.WORD:
        return body
    definition = read_definition_name(state, name, is_gate=True)
    _enter(state, index, body, owner=definition)
    for word in range(name + 1, body):
        if state.kinds[word] == Kind.WORD:
            state.declare(state.texts[word], None)
    return body + 1


def _subroutine(state: State, index: int) -> int:
    """`def NAME(arguments) -> TYPE {`."""
    name, opening = index + 1, index + 2
    if state.kinds[name] != Kind.WORD or state.texts[opening] != "(":
        return name
    body = state.closed[opening] + 1
    while state.texts[body] not in ("{", ";", ""):
        body = state.closed.get(body, body) + 1
    if state.texts[body] != "{":
        return body
    definition = read_definition_name(state, name, is_gate=False)
    _enter(state, index, body, owner=definition)
    declare_arguments(state, opening)
    return body + 1


def _opaque(state: State, start: int, end: int) -> None:
    """A gate without a body; a wait that Qiskit wrote, `opaque delay(param0) q0;`, is none of the program's own."""
    if state.texts[start + 1] == WAIT and state.texts[start + 2] == "(" and end - start == 6:
        return
    if start + 1 < end:
        definition = read_definition_name(state, start + 1, is_gate=True)
        definition.weight, definition.is_open = 1, False


def _applied(state: State, start: int, end: int) -> None:
    """`measure`, `reset`, `delay[…]`: once for each qubit."""
    index = start + 1
    if state.texts[index] in ("(", "["):
        state.value(index + 1, state.closed[index])
        index = state.closed[index] + 1
    state.count(start, max(operand_sizes(state, index, end), default=1))


def _barrier(state: State, start: int, end: int) -> None:
    """One operation, however many qubits it is across."""
    operand_sizes(state, start + 1, end)
    state.count(start, 1)


def _return(state: State, start: int, end: int) -> None:
    """Out of a subroutine, with a value that may take operations itself."""
    read_expression(state, start + 1, end)


def _nothing(state: State, start: int, end: int) -> None:
    """A declaration of what stands elsewhere."""


_Opener = Callable[[State, int], int]
_Simple = Callable[[State, int, int], None]

_OPENERS: dict[str, dict[str, _Opener]] = {
    "openqasm2": {"gate": _gate, "if": _choice, "{": _block, "}": _stray},
    "openqasm3": {
        **{"gate": _gate, "def": _subroutine, "for": _for, "else": _else, "{": _block, "}": _stray},
        **dict.fromkeys(("if", "while", "switch"), _choice),
        **dict.fromkeys(("box", "case", "default"), _headed),
    },
}
_SIMPLE: dict[str, dict[str, _Simple]] = {
    "openqasm2": {
        **{"OPENQASM": read_version, "include": read_include, "qreg": read_qubits, "creg": read_classical},
        **{"opaque": _opaque, "measure": _applied, "reset": _applied, "barrier": _barrier},
    },
    "openqasm3": {
        **{"OPENQASM": read_version, "include": read_include, "qreg": read_qubits, "qubit": read_qubits},
        **dict.fromkeys((*TYPES, *QUALIFIERS), read_classical),
        **{"let": read_alias, "measure": _applied, "reset": _applied, "delay": _applied, "barrier": _barrier},
        **{"return": _return, "extern": _nothing, "nop": _nothing},
    },
}
