"""Integers, bools and bits whose value a measurement decides, bit by bit, and what operators make of them.

Integers have two's complement. Sums and products have room for every result, as for values that are known: they are cut
to their width where they are assigned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from qcjob.circuits.openqasm3.formulas import Bit, both, differ, either, opposite

MAX_WIDTH = 256
"""Bits of a sum or product."""


class CannotWorkOut(Exception):
    """An operator that has no formula here."""


@dataclass(frozen=True, slots=True)
class Word:
    """Bits, the lowest first. `has_width`: it was declared with as many, and not made by arithmetic."""

    bits: tuple[Bit, ...]
    is_signed: bool = False
    is_bool: bool = False
    has_width: bool = False


def literal(value: int | bool) -> Word:
    """A known value, in as many bits as it takes."""
    if isinstance(value, bool):
        return truth_word(value)
    width = value.bit_length() + (value < 0) or 1
    return Word(tuple(bool(value >> place & 1) for place in range(width)), is_signed=value < 0)


def truth_word(bit: Bit) -> Word:
    """A bool."""
    return Word((bit,), is_bool=True, has_width=True)


def is_known(word: Word) -> bool:
    """Whether no measurement decides it after all."""
    return all(isinstance(bit, bool) for bit in word.bits)


def number(word: Word) -> int:
    """The value of one that is known."""
    found = sum(1 << place for place, bit in enumerate(word.bits) if bit)
    return found - (1 << len(word.bits)) if word.is_signed and word.bits[-1] else found


def truth(word: Word) -> Bit:
    """Whether it is not zero."""
    return reduce(either, word.bits)


def fitted(word: Word, width: int) -> Word:
    """The same number in `width` bits: what does not fit is cut off, as a variable does."""
    filling = word.bits[-1] if word.is_signed else False
    return replace(word, bits=(*word.bits, *[filling] * width)[:width])


def bitwise(function: Callable[[Bit, Bit], Bit], left: Word, right: Word) -> Word:
    """Each bit with the one at its place."""
    width = max(len(left.bits), len(right.bits))
    pairs = zip(fitted(left, width).bits, fitted(right, width).bits, strict=True)
    is_signed, is_bool = left.is_signed or right.is_signed, left.is_bool and right.is_bool
    return Word(tuple(function(*pair) for pair in pairs), is_signed, is_bool, left.has_width or right.has_width)


def inverted(word: Word) -> Word:
    """~"""
    return replace(word, bits=tuple(map(opposite, word.bits)))


def added(left: Word, right: Word, carry: Bit = False) -> Word:
    """left + right + carry"""
    is_signed = left.is_signed or right.is_signed
    width = _common(left, right) + 1
    made: list[Bit] = []
    for one, other in zip(fitted(left, width).bits, fitted(right, width).bits, strict=True):
        half = differ(one, other)
        made.append(differ(half, carry))
        carry = either(both(one, other), both(half, carry))
    return _room(Word(tuple(made), is_signed))


def subtracted(left: Word, right: Word) -> Word:
    """left - right"""
    width = _common(left, right) + 1
    opposed = replace(inverted(fitted(right, width)), is_signed=True)
    made = added(fitted(left, width), opposed, True)
    return Word(made.bits[:width], is_signed=True)


def multiplied(word: Word, factor: int) -> Word:
    """word x factor"""
    rows = [Word((*[False] * place, *word.bits), word.is_signed) for place in _ones(abs(factor))]
    product = reduce(added, rows, literal(0))
    return subtracted(literal(0), product) if factor < 0 else product


def shifted(word: Word, places: int) -> Word:
    """<<, in the width it has; >> for less than 0."""
    width = len(word.bits)
    if places >= 0:
        return replace(word, bits=(*[False] * min(places, width), *word.bits)[:width])
    return fitted(replace(word, bits=word.bits[-places:] or (word.is_signed and word.bits[-1],)), width)


def divided(word: Word, by: int, *, is_remainder: bool) -> Word:
    """/ and % by a power of two, of what is not negative. Raises CannotWorkOut for any other."""
    if word.is_signed or by <= 0 or by & (by - 1):
        raise CannotWorkOut
    places = by.bit_length() - 1
    return Word((word.bits[:places] if is_remainder else word.bits[places:]) or (False,))


def equal(left: Word, right: Word) -> Bit:
    """=="""
    width = _common(left, right)
    pairs = zip(fitted(left, width).bits, fitted(right, width).bits, strict=True)
    return reduce(both, (opposite(differ(*pair)) for pair in pairs))


def less(left: Word, right: Word) -> Bit:
    """<"""
    is_signed, width = left.is_signed or right.is_signed, _common(left, right)
    mine, others = list(fitted(left, width).bits), list(fitted(right, width).bits)
    if is_signed:  # with the sign's bit turned round, negative numbers come first
        mine[-1], others[-1] = opposite(mine[-1]), opposite(others[-1])
    found: Bit = False
    for one, other in zip(mine, others, strict=True):
        found = either(both(opposite(one), other), both(opposite(differ(one, other)), found))
    return found


def counted(word: Word) -> Word:
    """How many bits are 1."""
    rows: Sequence[Word] = [Word((bit,)) for bit in word.bits]
    while len(rows) > 1:
        rows = [reduce(added, rows[place : place + 2]) for place in range(0, len(rows), 2)]
    return rows[0]


def _ones(value: int) -> list[int]:
    return [place for place in range(value.bit_length()) if value >> place & 1]


def _common(left: Word, right: Word) -> int:
    """Bits in which both numbers fit, whatever their signs."""
    is_signed = left.is_signed or right.is_signed
    return max(len(word.bits) + (is_signed and not word.is_signed) for word in (left, right))


def _room(word: Word) -> Word:
    if len(word.bits) > MAX_WIDTH:
        raise CannotWorkOut
    return word
