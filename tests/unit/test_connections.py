"""Connections that warn each other."""

from __future__ import annotations

import pytest
from redis.connection import Connection

from qcjob.connections import Pool
from qcjob.settings import Settings
from qcjob.wiring import redis_client


class Wire(Connection):
    """A connection that needs no server. `breaks` is what redis-py does to one that failed."""

    def connect(self) -> None:
        if self._sock is None:
            self._sock = object()

    def can_read(self, timeout: float | None = 0) -> bool:
        return False

    def disconnect(self, *_: object, **__: object) -> None:
        self._sock = None

    breaks = disconnect


def pool() -> Pool:
    return Pool(connection_class=Wire)


def lie_idle(held: Pool, count: int) -> list[Wire]:
    """So many connections that were used and given back."""
    taken = [held.get_connection() for _ in range(count)]
    for wire in taken:
        held.release(wire)
    return taken


def test_idle_connections_are_kept_while_nothing_breaks() -> None:
    held = pool()
    wires = lie_idle(held, 3)
    held.release(held.get_connection())
    assert all(wire.is_connected for wire in wires)


@pytest.mark.parametrize("same", [True, False], ids=["in its own pool", "in another pool"])
def test_after_one_broke_no_idle_one_is_handed_out_without_a_new_connection(same: bool) -> None:
    held = pool()
    other = held if same else pool()
    failing = other.get_connection()
    wires = lie_idle(held, 3)
    failing.breaks()
    other.release(failing)
    used = held.get_connection()
    assert used.is_connected
    assert not [wire for wire in wires if wire.is_connected and wire is not used]


def test_a_connection_in_use_is_left_alone() -> None:
    held = pool()
    busy, failing = held.get_connection(), held.get_connection()
    failing.breaks()
    held.release(failing)
    held.get_connection()
    assert busy.is_connected


def test_the_ledgers_clients_have_such_a_pool() -> None:
    assert isinstance(redis_client(Settings()).connection_pool, Pool)
