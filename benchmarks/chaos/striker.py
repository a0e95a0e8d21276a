"""The thread that strikes: one fault after the other, each given time to be got over before the next."""

from __future__ import annotations

import time
from collections.abc import Sequence
from random import Random
from typing import Any

import redis

from benchmarks.chaos.background import Background
from benchmarks.chaos.faults import Fault
from benchmarks.chaos.installation import DEVICES, Installation
from benchmarks.chaos.stalls import Struck

RECOVERY_SECONDS = 30.0
"""The longest that the next fault waits for jobs to go on after the last one."""

_PAUSE_SECONDS = (1.0, 3.0)
_TICK_SECONDS = 0.2


class Striker(Background):
    """Every kind of fault once, in an order that the dice give, and then again. `stop` ends it, the last fault undone.

    `struck` is what it did so far, `now` what it does, in words.
    """

    def __init__(self, site: Installation, faults: Sequence[Fault], dice: Random, lease_seconds: float) -> None:
        super().__init__("faults")
        self._site, self._faults, self._dice, self._lease_seconds = site, faults, dice, lease_seconds
        self.struck: list[Struck] = []
        self.now = ""

    def work(self) -> None:
        """Strike until it is over."""
        bag: list[Fault] = []
        while not self._over.wait(self._dice.uniform(*_PAUSE_SECONDS)):
            if not bag:
                bag = list(self._faults)
                self._dice.shuffle(bag)
            self._strike(bag.pop())

    def _strike(self, fault: Fault) -> None:
        seconds = fault.lasts(self._dice, self._lease_seconds)
        began_at = time.time()
        try:
            with fault.strike(self._site, self._dice) as target:
                self.now = f"{fault.name}: {target}" + (f", for {seconds:.1f} s" if seconds else "")
                self._over.wait(seconds)
        except redis.RedisError as error:
            if time.time() - began_at > seconds:
                raise RuntimeError(f"{fault.name} could not be undone") from error
            self.now = f"{fault.name} could not strike: Redis is away"
            return
        self.struck.append(Struck(fault.name, target, began_at, time.time()))
        deadline = time.monotonic() + RECOVERY_SECONDS
        while time.monotonic() < deadline and not self._goes_on(self.struck[-1].ended_at):
            if self._over.wait(_TICK_SECONDS):
                return
        self.now = f"after {fault.name}"

    def _goes_on(self, since: float) -> bool:
        """Whether every device has taken and ended a job since then, or has none.

        Taken too: a worker that is deaf to wake-ups may well end what it had.
        """
        client: Any = self._site.client
        devices = set()
        try:
            for job_id in client.zrangebyscore("qcjob:ended", f"{since * 1e6:.0f}", "+inf"):
                key = f"qcjob:job:{job_id.decode()}"
                device, attempt = client.hmget(key, "device", "attempt")
                if int(client.hget(key, f"a{attempt.decode()}:started") or 0) > since * 1e6:
                    devices.add(device.decode())
            return all(device in devices or not self._has_work(device) for device in DEVICES)
        except redis.RedisError:
            return False

    def _has_work(self, device: str) -> bool:
        return any(self._site.client.zcard(f"qcjob:{family}:{device}") for family in ("ready", "later", "leases"))
