"""Drivers that break the rules of the interface in ways the scripted device cannot be told to."""

from __future__ import annotations

import os

from qcjob.devices.driver import Properties
from workers.drivers.scripted import Scripted

_imported_by = os.getpid()
"""The worker's main process, which imports drivers before it forks."""


class Forgetful(Scripted):
    """Cannot say what it is in the process that runs its jobs, though it runs them well."""

    def properties(self) -> Properties:
        """As the scripted device, in the worker's main process alone."""
        if os.getpid() != _imported_by:
            raise ConnectionError("the device is away")
        return super().properties()
