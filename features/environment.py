"""One installation for the whole run: `python -m qcjob up` on a free port, in a folder of its own, stopped at the end.

Customers are new for every scenario, so that none sees another's jobs; what a scenario leaves running is cancelled.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

HOUSE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOUSE))

from features.installation import Installation, why_not  # noqa: E402  (the path above comes first)


def before_all(context: Any) -> None:
    """Start it, or say why it cannot be."""
    context.reason = why_not()
    context.installation = None
    if context.reason is None:
        context.installation = Installation()
        context.installation.start()


def after_all(context: Any) -> None:
    """Stop it, and hold it to leaving no process."""
    if context.installation is not None:
        context.installation.close()


def before_scenario(context: Any, scenario: Any) -> None:
    """New customers, no jobs."""
    if context.reason is not None:
        scenario.skip(context.reason)
    context.customers = {}
    context.answers = []
    context.jobs = []


def after_scenario(context: Any, scenario: Any) -> None:
    """Nothing that a scenario started runs on into the next."""
    for who in getattr(context, "customers", {}).values():
        who.cancel_all()
