"""The ledger's moves as Lua scripts: one atomic round trip each, given the table of `lifecycle`.

A script is called by its digest; a Redis that lost its script cache is sent the text and asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Any

import redis

from qcjob.acts import KEPT, MOST_ON_A_JOB
from qcjob.devices.driver import STALE_SECONDS, DeviceStatus
from qcjob.errors import LedgerUnavailable
from qcjob.ids import ID_CHARACTERS
from qcjob.ledger import meta
from qcjob.ledger.linking import linked
from qcjob.ledger.wakeup import message
from qcjob.lifecycle import EXPIRED, FINAL, TRANSITIONS, VISIBLE, JobState
from qcjob.rank import LAST_TAG, TIER_WIDTH

PREFIX = "qcjob:"

NAMES = (
    "submit",
    "batch",
    "record",
    "claim",
    "mark",
    "start",
    "advance",
    "finish",
    "put_back",
    "renew",
    "lapse",
    "cancel",
    "cancel_batch",
    "exchange",
    "change_tier",
    "hold",
    "move",
    "direct",
    "online",
    "keep",
    "read",
    "queue",
    "waiting",
    "open_session",
    "read_session",
    "close_session",
    "reserve",
    "unreserve",
    "check",
    "check_batch",
    "check_session",
    "check_reservation",
    "check_usage",
    "restore",
)

_SHARED = (
    "prelude",
    "session",
    "reservation",
    "rank",
    "line",
    "pace",
    "due",
    "foresee",
    "eta",
    "acts",
    "accept",
    "piece",
)
"""What scripts may use, in this order: each uses what stands above it."""

Around = Callable[[str, Callable[..., Any]], Callable[..., Any]]
"""Puts something around a call, by its name; see qcjob.crashpoints."""


def _lua_table(pairs: dict[str, str]) -> str:
    return "{" + ", ".join(f"[{key!r}] = {value}" for key, value in pairs.items()) + "}"


@cache
def rules() -> str:
    """The Lua text that hands the rules to every script."""
    moves = {f"{state} {event}": repr(str(to)) for (state, event), to in TRANSITIONS.items()}
    ends = {
        str(event): repr(str(to))
        for (state, event), to in TRANSITIONS.items()
        if to in FINAL and state is JobState.RUNNING
    }
    return "\n".join(
        (
            f"local MOVES = {_lua_table(moves)}",
            f"local ENDS = {_lua_table(ends)}",
            f"local STATES = {_lua_table({str(state): 'true' for state in VISIBLE})}",
            f"local FINAL = {_lua_table({str(state): 'true' for state in sorted(FINAL)})}",
            f"local HOLDING = {_lua_table({str(status): 'true' for status in DeviceStatus if not status.takes_jobs})}",
            f"local TIER_WIDTH, LAST_TAG = {TIER_WIDTH}, {LAST_TAG}",
            f"local STALE = {STALE_SECONDS * 1_000_000:.0f}",
            f"local AUDIT_KEPT, MOST_ON_A_JOB = {KEPT}, {MOST_ON_A_JOB}",
            f"local ID_CHARACTERS = {ID_CHARACTERS}",
            f"local WAKE_UP = [==[{message('@DEVICE@').decode()}]==]",
            f"local CANCELLED_META = [==[{meta.cancelled('@JOB@')}]==]",
            f"local EXPIRED = {{{EXPIRED[0]!r}, {EXPIRED[1]!r}}}",
        )
    )


@cache
def source(name: str) -> str:
    """The whole text of one script: what it uses of the rules and of what scripts share, and the move."""
    library = "\n".join((rules(), *map(_text, _SHARED)))
    return linked(library, _text(name))


def _text(name: str) -> str:
    return (files("qcjob.ledger") / "lua" / f"{name}.lua").read_text()


class Scripts:
    """Every script of `NAMES` on one Redis client."""

    def __init__(self, client: redis.Redis, around: Around | None = None) -> None:
        self._client = client
        self._scripts: dict[str, Callable[..., Any]] = {name: client.register_script(source(name)) for name in NAMES}
        self._around = around or (lambda _, call: call)
        self._calls = {name: self._around(name, script) for name, script in self._scripts.items()}
        self._bursts = {name: self._around(name, self._burst) for name in NAMES}

    def call(self, name: str, *args: str | int | bytes) -> Any:
        """Run one script. Raises LedgerUnavailable when Redis does not answer or refuses to write."""
        try:
            return self._calls[name](args=args)
        except redis.RedisError as error:
            raise unavailable(error) from error

    def call_each(
        self, name: str, argument_lists: Sequence[Sequence[str | int | bytes]], *, some_may_fail: bool = False
    ) -> Sequence[Any]:
        """Run one script for each list of arguments, all in one round trip. Raises LedgerUnavailable.

        `some_may_fail`: a call that Redis refused has the error in its place, and does not spoil the others.
        """
        try:
            found: Sequence[Any] = self._bursts[name](name, argument_lists, not some_may_fail)
            return found
        except redis.RedisError as error:
            raise unavailable(error) from error

    def _burst(
        self, name: str, argument_lists: Sequence[Sequence[str | int | bytes]], raise_on_error: bool
    ) -> Sequence[Any]:
        pipe = self._client.pipeline(transaction=False)
        for args in argument_lists:
            self._scripts[name](args=args, client=pipe)
        return pipe.execute(raise_on_error)


@contextmanager
def reaching() -> Iterator[None]:
    """Turns every Redis error into LedgerUnavailable."""
    try:
        yield
    except redis.RedisError as error:
        raise unavailable(error) from error


def unavailable(error: redis.RedisError) -> LedgerUnavailable:
    """The one error that a Redis failure becomes; says what to look at, holds no data."""
    if isinstance(error, redis.exceptions.OutOfMemoryError) or "OOM" in str(error):  # of a command, or of a script
        return LedgerUnavailable("the ledger's Redis has reached its memory limit and refuses to write")
    if isinstance(error, redis.ResponseError):
        return LedgerUnavailable(f"the ledger's Redis refused: {str(error).partition(' script: ')[0][:120]}")
    return LedgerUnavailable(f"the ledger's Redis does not answer ({type(error).__name__})")
