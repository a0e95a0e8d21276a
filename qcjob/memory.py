"""The outcome of every shot, packed: a row of whole bytes for each shot, in the order the shots were taken.

A row is the outcome as a binary number, big-endian: bit i of the number is clbit i, so the last byte holds clbits 0 to
7. It has ceil(clbits / 8) bytes, and none for a program without clbits. The rows of a job of several parts follow each
other, part by part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def row_bytes(clbits: int) -> int:
    """The bytes of one shot."""
    return (clbits + 7) // 8


def pack(outcomes: Iterable[str], clbits: int) -> bytes:
    """Rows of bitstrings, the rightmost character clbit 0."""
    size = row_bytes(clbits)
    return b"".join(int(outcome, 2).to_bytes(size, "big") for outcome in outcomes) if clbits else b""


def unpack(rows: bytes, clbits: int, shots: int) -> list[str]:
    """The inverse of `pack`."""
    size = row_bytes(clbits)
    numbers = (int.from_bytes(rows[shot * size : (shot + 1) * size], "big") for shot in range(shots))
    return [f"{number:0{clbits}b}" if clbits else "" for number in numbers]


def begins_at(clbits: Sequence[int], shots: int) -> int:
    """The byte at which a part begins, after parts of so many clbits and `shots` shots each."""
    return sum(map(row_bytes, clbits)) * shots
