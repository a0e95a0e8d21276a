"""What contract tests share: the ledger of the unit tests, and a Celery consumer that keeps what it is given."""

from __future__ import annotations

from tests.unit.conftest import client, clock, ledger, new_job

__all__ = ["client", "clock", "ledger", "new_job"]
