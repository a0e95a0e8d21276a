"""An operator at work in the storm: holds, moves and ranks jobs, drains and reserves devices, and puts all of it right.

Everything over HTTP, with a key of its own. An act that gets no answer may have been done, so at the end everything
that was ever touched is released.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from random import Random

from benchmarks.chaos.background import Background
from benchmarks.chaos.installation import CUSTOMERS, QC, SIMULATOR
from benchmarks.chaos.witness import Witness
from qcjob.client import Client, Problem, Unreachable

_PAUSE_SECONDS = (0.1, 0.6)
_AWAY_SECONDS = (0.3, 2.0)
"""How long a device is drained, or a customer held."""
_EXPECTED = ("not-waiting", "invalid-request", "invalid-program", "job-not-found", "reservation-overlaps")
"""What an operator may be told of a job that went on meanwhile, or cannot be moved."""


class Operator(Background):
    """A thread that acts on jobs that clients have seen. `stop` lets it release everything, and end."""

    def __init__(self, client: Client, witness: Witness, dice: Random) -> None:
        super().__init__("operator")
        self._client, self._witness, self._dice = client, witness, dice
        self._desk = client.operating
        self._touched: dict[str, Callable[[], object]] = {}
        self.acts: Counter[str] = Counter()
        """How often each act was answered with 200."""

    def work(self) -> None:
        """Act until it is over, then release everything."""
        while not self._over.wait(self._dice.uniform(*_PAUSE_SECONDS)):
            self._act()
        while self._touched:
            self._release()

    def _act(self) -> None:
        kind = self._dice.choice(("hold", "hold", "release", "move", "rank", "customer", "device", "reserve"))
        if kind == "release":
            self._release()
        elif kind == "customer":
            customer = self._dice.choice(CUSTOMERS)
            self._for_a_while(
                f"customer {customer}",
                lambda held: self._desk.hold_customer(customer, held=held, why="a storm"),
            )
        elif kind == "device":
            device, word = self._dice.choice((QC, SIMULATOR)), self._dice.choice(("drained", "offline"))
            self._for_a_while(
                f"device {device}",
                lambda away: self._desk.direct(device, word if away else "online", why="a storm"),
            )
        elif kind == "reserve":
            customer, device = self._dice.choice(CUSTOMERS), self._dice.choice((QC, SIMULATOR))
            seconds = round(self._dice.uniform(1, 6), 1)
            self._try(
                "reserve", lambda: self._client.reservations.add(customer, device, seconds=seconds, why="a storm")
            )
        elif self._witness.seen:
            job_id = self._dice.choice(self._witness.seen[-200:]).id
            if kind == "hold":
                self._touched[job_id] = lambda: self._desk.hold(job_id, held=False)
                self._try("hold", lambda: self._desk.hold(job_id, why="a storm"))
            elif kind == "move":
                device = self._dice.choice((QC, SIMULATOR))
                self._try("move", lambda: self._desk.move(job_id, device, why="a storm"))
            else:
                tier = self._dice.choice((1, 2))
                self._try("rank", lambda: self._client.change_tier(job_id, tier))

    def _for_a_while(self, what: str, say: Callable[[bool], object]) -> None:
        self._touched[what] = lambda: say(False)
        if self._try(what.partition(" ")[0], lambda: say(True)):
            self._over.wait(self._dice.uniform(*_AWAY_SECONDS))
        self._release(what)

    def _release(self, what: str | None = None) -> None:
        """One of those that were touched, the oldest unless told which; it stays touched if there is no answer."""
        what = what or next(iter(self._touched), None)
        if what is None:
            return
        if self._try("release", self._touched[what]):
            del self._touched[what]
        else:
            self._touched[what] = self._touched.pop(what)
            time.sleep(_PAUSE_SECONDS[0])

    def _try(self, act: str, do: Callable[[], object]) -> bool:
        """Whether there was an answer that settles it."""
        try:
            do()
        except Unreachable:
            return False
        except Problem as problem:
            if problem.status == 503:
                return False
            if problem.code not in _EXPECTED:
                self._witness.refusal(f"{act}: {problem.status} {problem.code}")
            return True
        self.acts[act] += 1
        return True
