"""The ledger's scripts under any order of calls; the model is in ledger_model, and says how to look at more stories."""

from __future__ import annotations

import fakeredis
import pytest
from fakeredis.commands_mixins import server_mixin
from hypothesis.stateful import run_state_machine_as_test

from tests.unit.conftest import Clock
from tests.unit.ledger_model import LedgerModel, budget
from tests.unit.ledger_world import MovedClock, World


def test_the_ledger_keeps_its_promises_in_any_order_of_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    class OnFakeRedis(LedgerModel):
        def make_world(self) -> World:
            clock = Clock()
            monkeypatch.setattr(server_mixin, "time", clock)
            return MovedClock(fakeredis.FakeRedis(), clock)

    run_state_machine_as_test(OnFakeRedis, settings=budget(60))
