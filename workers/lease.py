"""A claim's lease, kept by a thread of the child: for as long as the child works, but inside one call of the driver
only up to that call's limit, so that a driver that hangs does not hold its slot for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from qcjob.errors import LedgerUnavailable, StaleWriter
from qcjob.ledger import Claim, Ledger
from qcjob.logs import get_logger

log = get_logger(__name__)

_RETRY_SECONDS = 0.2


class Lease:
    """One claim's lease. `cancel_asked`: the owner wants the job cancelled; `lost`: another worker took it over."""

    def __init__(
        self, ledger: Ledger, claim: Claim, renew_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.cancel_asked = threading.Event()
        self.lost = False
        self._ledger = ledger
        self._claim = claim
        self._renew_seconds = renew_seconds
        self._clock = clock
        self._renew_at = claim.lease_until - ledger.lease_seconds + renew_seconds
        self._call_until = float("inf")
        if claim.cancel_requested:
            self.cancel_asked.set()

    def note(self, cancel_requested: bool) -> None:
        """Remember what a ledger move said about a cancel."""
        if cancel_requested:
            self.cancel_asked.set()

    @contextmanager
    def calling(self, limit_seconds: float) -> Iterator[None]:
        """Around one call of the driver: past its limit the lease is not renewed any more."""
        self._call_until = self._clock() + limit_seconds
        try:
            yield
        finally:
            self._call_until = float("inf")

    def make_sure(self) -> None:
        """Before the device is touched: the lease is ours and has time left. Raises StaleWriter, LedgerUnavailable."""
        if self.lost:
            raise StaleWriter(f"job {self._claim.id}: the lease of fence {self._claim.fence} was taken over")
        if self._clock() >= self._renew_at:
            self._renew()

    def renew_if_due(self) -> float:
        """Called by the thread; the seconds until it should be called again."""
        now = self._clock()
        if self.lost or now > self._call_until:
            return self._renew_seconds
        if now >= self._renew_at:
            try:
                self._renew()
            except StaleWriter as error:
                self.lost = True
                log.warning("lease lost", job_id=self._claim.id, device=self._claim.device, reason=str(error))
            except LedgerUnavailable:
                return _RETRY_SECONDS
        return max(_RETRY_SECONDS, self._renew_at - now)

    def _renew(self) -> None:
        asked_at = self._clock()
        self.note(self._ledger.renew(self._claim.id, self._claim.fence))
        self._renew_at = asked_at + self._renew_seconds


class Renewer:
    """The one thread of a child that renews whatever lease is current."""

    def __init__(self) -> None:
        self._current: Lease | None = None
        self._thread: threading.Thread | None = None

    @contextmanager
    def keeping(self, lease: Lease) -> Iterator[Lease]:
        """Renew this lease until the block ends."""
        self._current = lease
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._renew_for_ever, name="renewer", daemon=True)
            self._thread.start()
        try:
            yield lease
        finally:
            self._current = None

    def _renew_for_ever(self) -> None:
        pause = _RETRY_SECONDS
        while True:
            time.sleep(pause)
            lease = self._current
            pause = lease.renew_if_due() if lease else _RETRY_SECONDS
