"""Start-time fair queueing as its authors wrote it down, for tests to hold the ledger to.

P. Goyal, H. M. Vin and H. Cheng, "Start-time fair queueing", SIGCOMM 1996, section 2: packet p of flow f, of length l,
arriving at time A(p), has start tag S(p) = max(v(A(p)), F(p - 1)) and finish tag F(p) = S(p) + l / r_f, F(0) = 0.
Packets are served by their start tags; ties are broken arbitrarily, here by arrival. v(t) is the start tag of the
packet in service; at the end of a busy period it is the largest finish tag of any packet served by then. Lengths over
weights are rounded up to whole microseconds, at least one. Knows nothing of the ledger.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field
from fractions import Fraction


def normalised(length: int, weight: Fraction) -> int:
    """l / r, rounded up, at least 1."""
    return max(1, -(-length * weight.denominator // weight.numerator))


@dataclass
class FairQueue:
    """One server. A packet is whatever it is called by."""

    virtual: int = 0
    finish: dict[str, int] = field(default_factory=dict)
    flow: dict[str, str] = field(default_factory=dict)
    waiting: list[tuple[int, int, str]] = field(default_factory=list)
    in_service: set[str] = field(default_factory=set)
    largest_finish: int = 0
    arrivals: int = 0
    alone: bool = True
    """Whether a busy period is this queue's own; of tiers it is that of all together."""

    def arrive(self, packet: str, flow: str, length: int, weight: Fraction) -> int:
        """Its start tag."""
        earned = max(self.virtual, self.finish.get(flow, 0))
        behind = max((place[0] + 1 for place in self.waiting if self.flow[place[2]] == flow), default=0)
        start = max(earned, behind)  # that is earned, unless one that left gave its length back to those behind it
        self.flow[packet] = flow
        self.finish[flow] = earned + normalised(length, weight)
        self.largest_finish = max(self.largest_finish, self.finish[flow])
        self.arrivals += 1
        self.waiting.append((start, self.arrivals, packet))
        return start

    def leave(self, packet: str, length: int, weight: Fraction) -> None:
        """It is taken away before its turn, of which the book says nothing: its flow is given its length back, but what
        others were given meanwhile is not owed to it."""
        flow = self.flow[packet]
        self.waiting = [place for place in self.waiting if place[2] != packet]
        self.finish[flow] = max(self.finish[flow] - normalised(length, weight), self.virtual)
        if self.alone:
            self.rest()

    def serve(self, held: Container[str] = ()) -> str | None:
        """The packet whose turn it is, of those that are not held."""
        first = min((place for place in self.waiting if place[2] not in held), default=None)
        if first is None:
            return None
        self.waiting.remove(first)
        self.virtual = first[0]
        self.in_service.add(first[2])
        return first[2]

    def end(self, packet: str) -> None:
        """The packet has been served."""
        self.in_service.discard(packet)
        if self.alone:
            self.rest()

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is in service."""
        return not self.in_service and not self.waiting

    def rest(self) -> None:
        """The end of a busy period, if it is one."""
        if self.is_idle:
            self.virtual = self.largest_finish


@dataclass
class Tiers:
    """Strict tiers of fair queues before one server: a better tier is served before all of a worse one."""

    tiers: dict[int, FairQueue] = field(default_factory=lambda: {tier: FairQueue(alone=False) for tier in range(3)})
    tier: dict[str, int] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)

    def arrive(self, packet: str, flow: str, tier: int, length: int) -> None:
        """It waits in this tier, of a flow whose weight is 1."""
        self.tier[packet] = tier
        self.tiers[tier].arrive(packet, flow, length, Fraction(1))

    def leave(self, packet: str, length: int) -> None:
        """It goes before its turn."""
        self.tiers[self.tier.pop(packet)].leave(packet, length, Fraction(1))
        self._rest()

    def change(self, packet: str, flow: str, tier: int, length: int) -> None:
        """It goes to another tier: as if it left and came again, but one that is held waits all the while."""
        self.tiers[self.tier[packet]].leave(packet, length, Fraction(1))
        if packet not in self.held:
            self._rest()
        self.arrive(packet, flow, tier, length)

    def serve(self) -> str | None:
        """The packet whose turn it is."""
        found = (self.tiers[tier].serve(self.held) for tier in sorted(self.tiers))
        return next((packet for packet in found if packet is not None), None)

    def end(self, packet: str) -> None:
        """The packet has been served."""
        self.tiers[self.tier[packet]].end(packet)
        self._rest()

    def _rest(self) -> None:
        if all(queue.is_idle for queue in self.tiers.values()):
            for queue in self.tiers.values():
                queue.rest()
