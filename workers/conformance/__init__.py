"""What every driver must do, whatever its device: the one suite, which any lab can hold its own driver against.

    python -m qcjob check-driver mylab.fridge:Fridge --options '{"host": "10.0.0.7"}'

`checks` has a sentence of `qcjob.devices.driver` in each method, `circuits` those about bits and features; `run` tries
each in a process of its own, because a driver may hang or die. pytest runs the same sentences:
`tests/contract/driver_suite.py`.
"""

from __future__ import annotations

from workers.conformance.checks import CHECKS, NotAsked, Violation
from workers.conformance.circuits import Suite
from workers.conformance.run import Limits, Verdict, check_driver

__all__ = ["CHECKS", "Limits", "NotAsked", "Suite", "Verdict", "Violation", "check_driver"]
