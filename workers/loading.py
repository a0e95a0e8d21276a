"""From a device's configuration to its driver, one instance a process."""

from __future__ import annotations

import importlib
import os

from qcjob.crashpoints import CrashPoint
from qcjob.devices.config import DeviceConfig
from qcjob.devices.driver import Driver
from qcjob.errors import ConfigurationError

_loaded: dict[tuple[int, str, str, str], Driver] = {}
"""By process, because a child must not share its parent's connections, and by all that a driver is made of."""


def driver_of(device: DeviceConfig, crash_point: CrashPoint | None = None) -> Driver:
    """This process's driver for a device. Raises ConfigurationError for a driver that cannot be loaded."""
    key = (os.getpid(), device.name, device.driver, repr(device.options))
    if key not in _loaded:
        _loaded[key] = driver = load(device)
        if crash_point is not None:
            for name in ("submit", "find", "poll", "result", "cancel", "properties"):
                setattr(driver, name, crash_point.around(f"device.{name}", getattr(driver, name)))
    return _loaded[key]


def load(device: DeviceConfig) -> Driver:
    """A new instance of a device's driver. Raises ConfigurationError."""
    module, _, name = device.driver.partition(":")
    try:
        found = getattr(importlib.import_module(module), name)
        driver = found(device.name, device.options)
    except Exception as error:
        said = f"device {device.name}: driver {device.driver} cannot be loaded: {error!r}{_hint(error, module)}"
        raise ConfigurationError(said) from error
    if not isinstance(driver, Driver):
        what = "is not a qcjob.devices.driver.Driver: let the class inherit from it"
        raise ConfigurationError(f"device {device.name}: {device.driver} {what}")
    return driver


def _hint(error: Exception, module: str) -> str:
    """What its author can do about it."""
    if isinstance(error, ModuleNotFoundError) and error.name == module.partition(".")[0]:
        return ": install it, put it on PYTHONPATH, or start in the folder where it lies"
    if isinstance(error, TypeError) and "__init__()" in str(error):
        return ": a driver is made as CLASS(name, options), the device's name and its `options`"
    if isinstance(error, TypeError) and "abstract" in str(error):
        return ": write these methods; the head of qcjob/devices/driver.py says what each does"
    return ""
