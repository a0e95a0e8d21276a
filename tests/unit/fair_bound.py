"""The bound of start-time fair queueing, checked from outside: who had work waiting, and what each was given.

Goyal, Vin and Cheng, "Start-time fair queueing", SIGCOMM 1996, theorem 1: over every interval in which flows f and m
both have work waiting, |W_f / w_f - W_m / w_m| <= l_f / w_f + l_m / w_m, where W is the service given, w the weight and
l the largest job. Knows nothing of tags, clocks or the ledger. All numbers are fractions: nothing is rounded.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Set
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations


def _nothing() -> defaultdict[str, Fraction]:
    return defaultdict(Fraction)


@dataclass
class FairBound:
    """One queue. Amounts are service over weight."""

    given: defaultdict[str, Fraction] = field(default_factory=_nothing)
    largest: defaultdict[str, Fraction] = field(default_factory=_nothing)
    beyond: defaultdict[str, Fraction] = field(default_factory=_nothing)
    """By how much docs/rank.md lets the bound be larger for a customer."""
    spans: dict[tuple[str, str], tuple[Fraction, Fraction]] = field(default_factory=dict)
    """Of each two who both wait: the least and the most that one was ahead of the other since both do."""
    nearest: Fraction = Fraction()
    """The most that was seen, as a share of the bound."""
    checked: int = 0

    def wait(self, waiting: Set[str]) -> None:
        """These have work waiting from now on, and nobody else."""
        self.spans = {two: span for two, span in self.spans.items() if two[0] in waiting and two[1] in waiting}
        for two in combinations(sorted(waiting), 2):
            ahead = self._ahead(two)
            self.spans.setdefault(two, (ahead, ahead))

    def serve(self, customer: str, amount: Fraction) -> None:
        """This one is given something, while they wait who did."""
        self.given[customer] += amount
        for two, (least, most) in self.spans.items():
            if customer in two:
                ahead = self._ahead(two)
                self._check(two, max(ahead - least, most - ahead))
                self.spans[two] = min(least, ahead), max(most, ahead)

    def _ahead(self, two: tuple[str, str]) -> Fraction:
        return self.given[two[0]] - self.given[two[1]]

    def _check(self, two: tuple[str, str], apart: Fraction) -> None:
        bound = sum((self.largest[one] + self.beyond[one] for one in two), Fraction())
        self.nearest, self.checked = max(self.nearest, apart / bound), self.checked + 1
        assert apart <= bound, f"{two} are {apart} apart, {float(apart / bound):.3f} of the bound"
