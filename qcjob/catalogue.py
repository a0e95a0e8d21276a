"""Every device as the front door sees it: its configuration, and over it what its worker last published."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from qcjob.devices.config import BUILT_INS, ECHO, IDEAL, DeviceConfig, Devices
from qcjob.devices.driver import DeviceStatus
from qcjob.ledger import Ledger
from qcjob.logs import get_logger
from qcjob.target import Target

log = get_logger(__name__)

STALE_SECONDS = 15.0
"""A device whose worker has been silent for this long is shown as offline; it still takes jobs, and holds them."""

_FRESH_SECONDS = 2.0
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class DeviceView:
    """What users see of a device. `queue_length` counts the jobs WAITING for it."""

    name: str
    status: str
    status_reason: str | None
    target: Target
    slots: int
    max_shots: int
    max_program_bytes: int
    runtimes: tuple[str, ...]
    job_options: tuple[str, ...]
    queue_length: int
    built_in: bool


@dataclass(frozen=True, slots=True)
class _Published:
    target: Target
    job_options: tuple[str, ...]
    status: str
    reason: str | None


class Catalogue:
    """The devices by name. No device is ever called: what its worker published last is what is said.

    To check and compile jobs that is asked for at most every two seconds; a view is always as of now.
    """

    def __init__(self, devices: Devices, ledger: Ledger, clock: Callable[[], float] = time.time) -> None:
        self.configs: Mapping[str, DeviceConfig] = devices.all
        self.default = devices.default
        self._ledger = ledger
        self._clock = clock
        self._known = {name: _merge(config, {}, clock()) for name, config in self.configs.items()}
        self._asked_at = float("-inf")

    @property
    def names(self) -> tuple[str, ...]:
        """Every device's name: configured ones first, then the built-ins."""
        return tuple(self.configs)

    def target(self, name: str) -> Target:
        """What programs for this device are compiled against."""
        return self._published(name).target

    def job_options(self, name: str) -> tuple[str, ...]:
        """The options a job for this device may carry."""
        return self._published(name).job_options

    def view(self, name: str) -> DeviceView | None:
        """One device, asked for now; None where there is none of that name."""
        return self._views(name)[0] if name in self.configs else None

    def views(self) -> list[DeviceView]:
        """Every device, asked for now."""
        return self._views(*self.configs)

    def _views(self, *names: str) -> list[DeviceView]:
        views = []
        for name, (fields, waiting) in zip(names, self._ledger.devices(*names), strict=True):
            config = self.configs[name]
            known = self._known[name] = _merge(config, fields, self._clock())
            views.append(
                DeviceView(
                    name=name,
                    status=known.status,
                    status_reason=known.reason,
                    target=known.target,
                    slots=config.slots,
                    max_shots=config.max_shots,
                    max_program_bytes=config.max_program_bytes,
                    runtimes=_runtimes(config),
                    job_options=known.job_options,
                    queue_length=waiting,
                    built_in=config in BUILT_INS,
                )
            )
        return views

    def _published(self, name: str) -> _Published:
        now = self._clock()
        if now - self._asked_at > _FRESH_SECONDS:
            self._asked_at = now
            self._views(*self.configs)
        return self._known[name]


def _merge(config: DeviceConfig, fields: Mapping[str, str], now: float) -> _Published:
    target, options = config.target, config.job_options
    try:
        properties = json.loads(fields.get("properties", "null"))
        if properties is not None:
            target, options = Target.from_dict(properties["target"]), tuple(properties["job_options"])
    except (KeyError, TypeError, ValueError):  # a worker of another version: the configuration is to be relied on
        log.warning("published properties cannot be read", device=config.name)
    silent = now - int(fields["seen"]) / _MICRO if "seen" in fields else None
    if silent is None:
        return _Published(target, options, DeviceStatus.OFFLINE, "no worker has served this device yet; jobs wait")
    if silent > STALE_SECONDS:
        reason = f"its worker was last seen {silent:.0f} s ago; jobs wait"
        return _Published(target, options, DeviceStatus.OFFLINE, reason)
    return _Published(target, options, fields.get("status", DeviceStatus.ONLINE), fields.get("reason") or None)


def _runtimes(config: DeviceConfig) -> tuple[str, ...]:
    if config.name == IDEAL.name:
        return ("simulated",)
    if config.name == ECHO.name:
        return ("echo",)
    return ("verbatim", "optimized")
