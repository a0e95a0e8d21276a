"""Angles that are sums over a program's inputs, such as 2 theta + 0.5, while a program is read once for all bindings.

Only what keeps them sums is worked out. Anything else, a comparison too, raises NotLinear, so that no choice a program
makes by an input is ever taken for all of them; the program is then read anew with each binding's numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, NoReturn

from qiskit.circuit import Parameter, ParameterExpression


class NotLinear(Exception):
    """An input is used for more than a sum."""


def _refuse(*_: Any) -> NoReturn:
    raise NotLinear


@dataclass(frozen=True, slots=True, eq=False)
class Sum:
    """factor x input, for each input, and a constant. It is equal to nothing: that would be a choice."""

    factors: tuple[tuple[str, float], ...]
    constant: float = 0.0

    def __add__(self, other: Any) -> Sum:
        if isinstance(other, Sum):
            mine = dict(self.factors)
            for name, factor in other.factors:
                mine[name] = mine.get(name, 0.0) + factor
            return Sum(tuple(mine.items()), self.constant + other.constant)
        return Sum(self.factors, self.constant + _plain(other))

    __radd__ = __add__

    def __mul__(self, other: Any) -> Sum:
        by = _plain(other)
        return Sum(tuple((name, factor * by) for name, factor in self.factors), self.constant * by)

    __rmul__ = __mul__

    def __neg__(self) -> Sum:
        return self * -1.0

    def __sub__(self, other: Any) -> Sum:
        return self.__add__(-other)

    def __rsub__(self, other: Any) -> Sum:
        return (-self).__add__(other)

    def __truediv__(self, other: Any) -> Sum:
        return self * (1.0 / _plain(other))

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __bool__ = __int__ = __float__ = __index__ = __hash__ = _refuse
    __rtruediv__ = __pow__ = __rpow__ = __mod__ = __rmod__ = __abs__ = _refuse

    def as_parameters(self) -> ParameterExpression:
        """As Qiskit has it."""
        found: Any = self.constant
        for name, factor in self.factors:
            found = found + parameter(name) * factor
        return found


def _plain(value: Any) -> float:
    if isinstance(value, bool) or type(value) not in (int, float):
        raise NotLinear
    return float(value)


@cache
def parameter(name: str) -> Parameter:
    """The one parameter of a name in this process."""
    return Parameter(name)


def as_sum(angle: Any) -> float | Mapping[str, float]:
    """An angle of a circuit as a compiled program says it. Raises NotLinear."""
    if not isinstance(angle, ParameterExpression):
        return float(angle)
    factors = {one.name: _number(angle.gradient(one)) for one in angle.parameters}
    constant = _number(angle.bind(dict.fromkeys(angle.parameters, 0.0)))
    factors = {name: factor for name, factor in sorted(factors.items()) if factor}
    return {**factors, "": constant} if factors else constant


def _number(value: Any) -> float:
    """A value without parameters; a factor that still has one is no factor of a sum."""
    if isinstance(value, ParameterExpression):
        if value.parameters:
            raise NotLinear
        value = value.numeric()
    if isinstance(value, complex):
        if value.imag:
            raise NotLinear
        value = value.real
    return float(value)
