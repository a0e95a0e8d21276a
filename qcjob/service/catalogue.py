"""Every device as the front door sees it: its configuration, and over it what its worker last published."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from qcjob.compile_service.client import can_compile
from qcjob.devices.config import BUILT_INS, ECHO, IDEAL, DeviceConfig, Devices
from qcjob.devices.driver import STALE_SECONDS, DeviceStatus
from qcjob.errors import DeviceNotFound, LedgerUnavailable
from qcjob.languages import LANGUAGES
from qcjob.languages.openqasm import Limits
from qcjob.ledger import Ledger
from qcjob.ledger.operations import OFFLINE
from qcjob.logs import get_logger
from qcjob.target import Target

log = get_logger(__name__)

_FRESH_SECONDS = 2.0
_HOLDING = {status for status in DeviceStatus if not status.takes_jobs}
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class DeviceView:
    """What users see of a device. `queue_length` counts the jobs WAITING for it, `starts_stated` those that were told
    when they would start, `starts_kept` those of them that did.

    `max_simulated_qubits` is None where a run may use as many qubits as the target has.
    """

    name: str
    status: str
    status_reason: str | None
    target: Target
    slots: int
    max_shots: int
    max_program_bytes: int
    max_simulated_qubits: int | None
    limits: Limits
    runtimes: tuple[str, ...]
    languages: tuple[str, ...]
    job_options: tuple[str, ...]
    queue_length: int
    built_in: bool
    starts_stated: int
    starts_kept: int


@dataclass(frozen=True, slots=True)
class _Properties:
    """What a driver says of its device, with the operator's word laid over it."""

    target: Target
    job_options: tuple[str, ...]
    max_simulated_qubits: int | None


@dataclass(frozen=True, slots=True)
class _Published:
    properties: _Properties
    status: str
    reason: str | None


class Catalogue:
    """The devices by name. No device is ever called: what its worker published last is what is said.

    To check and compile jobs, and for those that wait, that is asked at most every two seconds; a view is as of now.
    """

    def __init__(self, devices: Devices, ledger: Ledger, clock: Callable[[], float] = time.time) -> None:
        self.configs: Mapping[str, DeviceConfig] = devices.all
        self.default = devices.default
        self._ledger = ledger
        self._clock = clock
        self._texts: dict[str, tuple[str, _Properties]] = {}
        self._known = {name: self._merge(config, {}) for name, config in self.configs.items()}
        self._asked_at = float("-inf")

    @property
    def names(self) -> tuple[str, ...]:
        """Every device's name: configured ones first, then the built-ins."""
        return tuple(self.configs)

    def is_known(self, name: str) -> bool:
        """Whether the device is configured, or was when jobs were submitted to it. Raises LedgerUnavailable."""
        return name in self.configs or self._ledger.has_seen(name)

    def target(self, name: str) -> Target:
        """What programs for this device are compiled against."""
        return self._published(name).properties.target

    def job_options(self, name: str) -> tuple[str, ...]:
        """The options a job for this device may carry."""
        return self._published(name).properties.job_options

    def max_simulated_qubits(self, name: str) -> int | None:
        """The most qubits a run on this device may use, where that is fewer than its target has."""
        return self._published(name).properties.max_simulated_qubits

    def held(self, name: str, *, asked_now: bool = False) -> str | None:
        """Why the device takes no jobs, in a sentence with its name; None while it takes them."""
        if name not in self.configs:
            return f"{name} is not configured here any more: jobs wait"
        try:
            if asked_now:
                self._views(name)
            known = self._published(name)
        except LedgerUnavailable:
            known = self._known[name]  # no reason not to answer what was asked
        return f"{name} is {known.status}: {known.reason or 'jobs wait'}" if known.status in _HOLDING else None

    def view(self, name: str) -> DeviceView:
        """One device, asked for now. Raises DeviceNotFound."""
        if name not in self.configs:
            raise DeviceNotFound(f"no device {name[:80]!r}; there are {', '.join(self.names)}")
        return self._views(name)[0]

    def views(self) -> list[DeviceView]:
        """Every device, asked for now."""
        return self._views(*self.configs)

    def _views(self, *names: str) -> list[DeviceView]:
        views = []
        for name, (fields, waiting) in zip(names, self._ledger.devices(*names), strict=True):
            config = self.configs[name]
            known = self._known[name] = self._merge(config, fields)
            views.append(
                DeviceView(
                    name=name,
                    status=known.status,
                    status_reason=known.reason,
                    target=known.properties.target,
                    slots=config.slots,
                    max_shots=config.max_shots,
                    max_program_bytes=config.max_program_bytes,
                    max_simulated_qubits=known.properties.max_simulated_qubits,
                    limits=config.limits,
                    runtimes=_runtimes(config),
                    languages=LANGUAGES if can_compile() else ("rotations",),
                    job_options=known.properties.job_options,
                    queue_length=waiting,
                    built_in=config in BUILT_INS,
                    starts_stated=int(fields.get("stated", 0)),
                    starts_kept=int(fields.get("kept", 0)),
                )
            )
        return views

    def _published(self, name: str) -> _Published:
        now = self._clock()
        if now - self._asked_at > _FRESH_SECONDS:
            self._asked_at = now
            self._views(*self.configs)
        return self._known[name]

    def _merge(self, config: DeviceConfig, fields: Mapping[str, str]) -> _Published:
        properties = self._properties(config, fields.get("properties"))
        if word := fields.get("word"):
            because = f": {fields['word_why']}" if fields.get("word_why") else ""
            status = DeviceStatus.OFFLINE if word == OFFLINE else DeviceStatus.MAINTENANCE
            return _Published(properties, status, f"{word} by {fields.get('word_by')}{because}; jobs wait")
        silent = self._clock() - int(fields["seen"]) / _MICRO if "seen" in fields else None
        if silent is None:
            return _Published(properties, DeviceStatus.OFFLINE, "no worker has served this device yet; jobs wait")
        if silent > STALE_SECONDS:
            reason = f"its worker was last seen {silent:.0f} s ago; jobs wait"
            return _Published(properties, DeviceStatus.OFFLINE, reason)
        return _Published(properties, fields.get("status", DeviceStatus.ONLINE), fields.get("reason") or None)

    def _properties(self, config: DeviceConfig, text: str | None) -> _Properties:
        """Read once for as long as the text is the same: a large target takes milliseconds."""
        if text is None:
            return _configured(config)
        known = self._texts.get(config.name)
        if known is None or known[0] != text:
            known = self._texts[config.name] = (text, _read_properties(config, text))
        return known[1]


def _read_properties(config: DeviceConfig, text: str) -> _Properties:
    """From what a worker published to what counts; the configuration alone where that cannot be read."""
    try:
        found = json.loads(text)
        return _Properties(
            config.target_as(Target.from_dict(found["target"])),
            tuple(found["job_options"]),
            config.max_simulated_qubits or found.get("max_simulated_qubits"),
        )
    except (AttributeError, KeyError, TypeError, ValueError):  # a worker of another version
        log.warning("published properties cannot be read", device=config.name)
        return _configured(config)


def _configured(config: DeviceConfig) -> _Properties:
    return _Properties(config.target, config.job_options, config.max_simulated_qubits)


def _runtimes(config: DeviceConfig) -> tuple[str, ...]:
    if config.name == IDEAL.name:
        return ("simulated",)
    if config.name == ECHO.name:
        return ("echo",)
    return ("verbatim", "optimized")
