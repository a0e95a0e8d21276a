"""The model of tests/unit/ledger_model.py on the real server, whose Lua, numbers and clock are not fakeredis's."""

from __future__ import annotations

from hypothesis.stateful import run_state_machine_as_test

from tests.integration.cluster import Cluster
from tests.unit.ledger_model import LedgerModel, budget
from tests.unit.ledger_world import MovedDeadlines, World


def test_the_ledger_keeps_its_promises_in_any_order_of_calls_on_a_real_redis(bare: Cluster) -> None:
    class OnRealRedis(LedgerModel):
        def make_world(self) -> World:
            bare.client.flushdb()
            return MovedDeadlines(bare.client)

    run_state_machine_as_test(OnRealRedis, settings=budget(35))
