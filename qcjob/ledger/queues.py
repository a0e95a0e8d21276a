"""The checkup of what stands between the jobs that wait and the workers: wake-ups, slots, what a worker published."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from qcjob.devices.driver import DeviceStatus
from qcjob.ledger.finding import Finding
from qcjob.ledger.ledger import Ledger
from qcjob.ledger.scripts import PREFIX
from qcjob.ledger.wakeup import message

_LONG_SECONDS = 3_600.0
"""A slot may be held for the `submit_timeout` of its device, which an operator may have made shorter since."""


class Queues:
    """Yields findings about the devices of one ledger; with `repair`, what can be mended is."""

    def __init__(self, ledger: Ledger, *, repair: bool = False) -> None:
        self._ledger = ledger
        self._client: Any = ledger.client
        self._repair = repair

    def run(self) -> Iterator[Finding]:
        """Every device with work has a wake-up, and its queue holds nothing else."""
        for device in sorted(name.decode() for name in self._client.smembers(f"{PREFIX}devices")):
            waiting = self._client.zcard(f"{PREFIX}ready:{device}")
            taken = self._client.zcard(f"{PREFIX}leases:{device}") + self._client.zcard(f"{PREFIX}holds:{device}")
            published = self._client.hmget(f"{PREFIX}device:{device}", "slots", "status", "word")
            wrong = [
                (field, value)
                for field, value, is_sound in (
                    ("slots", published[0], str.isdecimal),
                    ("status", published[1], list(DeviceStatus).__contains__),
                )
                if value is not None and not is_sound(value.decode("utf-8", "replace"))
            ]
            for field, value in wrong:
                yield Finding(f"device {device}", f"its {field} is {value!r}", "forget it: its worker tells it again")
                if self._repair:
                    self._client.hdel(f"{PREFIX}device:{device}", field)
            if wrong:
                published = self._client.hmget(f"{PREFIX}device:{device}", "slots", "status", "word")
                published = [None, None, published[2]]
            yield from self._holds(device)
            free = int(published[0] or 1) - taken
            takes_jobs = published[1] is None or DeviceStatus(published[1].decode()).takes_jobs
            takes_jobs = takes_jobs and published[2] is None
            if waiting and free > 0 and takes_jobs and not self._client.llen(device):
                yield Finding(
                    f"queue {device}", f"{waiting} jobs wait, {free} slots are free, no wake-up is queued", "wake"
                )
                if self._repair:
                    self._client.lpush(device, message(device))
            foreign = [item for item in self._client.lrange(device, 0, 999) if item != message(device)]
            if foreign:
                yield Finding(f"queue {device}", f"{len(foreign)} messages are no wake-ups of ours", "remove them")
                for item in foreign if self._repair else ():
                    self._client.lrem(device, 0, item)

    def _holds(self, device: str) -> Iterator[Finding]:
        """A slot that is held for a run that may go on is given back some time."""
        seconds = self._client.hget(f"{PREFIX}device:{device}", "submit_timeout") or b""
        timeout = float(seconds) if seconds.replace(b".", b"", 1).isdigit() else 0.0
        latest = self._ledger.now() + int((timeout + _LONG_SECONDS) * 1_000_000)
        for member in self._client.zrangebyscore(f"{PREFIX}holds:{device}", f"({latest}", "+inf"):
            what = f"a slot is held for {member.decode('utf-8', 'replace')} for longer than any run can need it"
            yield Finding(f"device {device}", what, "give it back")
            if self._repair:
                self._client.zrem(f"{PREFIX}holds:{device}", member)
