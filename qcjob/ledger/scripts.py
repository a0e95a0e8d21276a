"""The ledger's moves as Lua scripts: one atomic round trip each, given the table of `lifecycle`.

A script is called by its digest; a Redis that lost its script cache is sent the text and asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import redis

from qcjob.devices.driver import DeviceStatus
from qcjob.errors import LedgerUnavailable
from qcjob.ledger.wakeup import message
from qcjob.lifecycle import FINAL, TRANSITIONS, VISIBLE, JobState

NAMES = (
    "submit",
    "claim",
    "mark",
    "start",
    "finish",
    "put_back",
    "renew",
    "lapse",
    "cancel",
    "online",
    "keep",
    "read",
    "check",
)


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
            f"local FINAL = {_lua_table({str(state): 'true' for state in FINAL})}",
            f"local HOLDING = {_lua_table({str(status): 'true' for status in DeviceStatus if not status.takes_jobs})}",
            f"local WAKE_UP = [==[{message('@DEVICE@').decode()}]==]",
        )
    )


@cache
def source(name: str) -> str:
    """The whole text of one script: rules, prelude, the move."""
    folder = files("qcjob.ledger") / "lua"
    return "\n".join((rules(), (folder / "prelude.lua").read_text(), (folder / f"{name}.lua").read_text()))


class Scripts:
    """Every script of `NAMES` on one Redis client."""

    def __init__(self, client: redis.Redis, around: Around | None = None) -> None:
        self._client = client
        scripts: dict[str, Callable[..., Any]] = {name: client.register_script(source(name)) for name in NAMES}
        self._scripts = {name: around(name, script) for name, script in scripts.items()} if around else scripts

    def call(self, name: str, *args: str | int | bytes) -> Any:
        """Run one script. Raises LedgerUnavailable when Redis does not answer or refuses to write."""
        try:
            return self._scripts[name](args=args)
        except redis.RedisError as error:
            raise unavailable(error) from error

    def call_each(self, name: str, argument_lists: Sequence[Sequence[str]]) -> Sequence[Any]:
        """Run one script for each list of arguments, all in one round trip. Raises LedgerUnavailable."""
        try:
            pipe = self._client.pipeline(transaction=False)
            for args in argument_lists:
                self._scripts[name](args=args, client=pipe)
            return pipe.execute()
        except redis.RedisError as error:
            raise unavailable(error) from error


def unavailable(error: redis.RedisError) -> LedgerUnavailable:
    """The one error that a Redis failure becomes; says what to look at, holds no data."""
    if "OOM" in str(error):
        return LedgerUnavailable("the ledger's Redis has reached its memory limit and refuses to write")
    if isinstance(error, redis.ResponseError):
        return LedgerUnavailable(f"the ledger's Redis refused: {str(error).partition(' script: ')[0][:120]}")
    return LedgerUnavailable(f"the ledger's Redis does not answer ({type(error).__name__})")
