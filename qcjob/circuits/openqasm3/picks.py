"""Members of arrays, and bits of integers, by index: `a[2]`, `a[1, 0]`, `a[0:1]`, `n[3]`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from openqasm3 import ast

from qcjob.circuits.openqasm3.faults import Fault, unsupported

Key = int | Sequence[int]
"""One index, or those of a slice."""


def keys_of(indexes: Sequence[Any], work_out: Callable[[Any, int | None], Key], value: Any) -> list[Key]:
    """The indexes of each dimension in turn; `work_out` gives one, for a dimension of so many."""
    found: list[Key] = []
    for element in indexes:
        for each in [element] if isinstance(element, ast.DiscreteSet) else element:
            found.append(work_out(each, len(value) if isinstance(value, list) else None))
            value = value[0] if isinstance(value, list) and value else None
    return found


def member(value: Any, keys: Sequence[Key], node: ast.QASMNode) -> Any:
    """What stands there. Raises Fault."""
    if not keys:
        return value
    key, *others = keys
    if isinstance(value, list):
        if isinstance(key, int):
            return member(value[_within(key, len(value), node)], others, node)
        return [member(value[_within(each, len(value), node)], others, node) for each in key]
    if isinstance(value, int) and not isinstance(value, bool) and isinstance(key, int) and not others and key >= 0:
        return value >> key & 1
    raise Fault(node, "wrong-arguments", f"{value!r} has no such index")


def put(value: Any, keys: Sequence[Key], new: Any, make: Callable[[Any], Any], node: ast.QASMNode) -> None:
    """Another member, or row, of an array; `make` makes it one of the array's type. Raises Fault."""
    key, *others = keys
    if not isinstance(value, list) or not isinstance(key, int):
        raise unsupported(node, "an assignment to this part of a value", "assign to one element after the other")
    key = _within(key, len(value), node)
    if others:
        put(value[key], others, new, make, node)
    elif isinstance(value[key], list):
        if not isinstance(new, list) or len(new) != len(value[key]):
            raise Fault(node, "wrong-arguments", f"wanted an array of {len(value[key])} here")
        for place, each in enumerate(new):
            put(value[key], [place], each, make, node)
    else:
        value[key] = make(new)


def _within(key: int, size: int, node: ast.QASMNode) -> int:
    if not -size <= key < size:
        raise Fault(node, "index-out-of-range", f"index {key} is out of range: there are {size}, from 0 to {size - 1}")
    return key
