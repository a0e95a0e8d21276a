"""Which devices there are: the built-ins, and those of the TOML file named by QCJOB_DEVICES.

default = "simulator"                                # optional: the device of jobs that name none

[devices.simulator]
driver = "workers.drivers.simulator:Simulator"       # module:Class
slots = 1                                            # jobs in flight
on_uncertain = "rerun"                               # fail (default) or rerun; rerun only if harmless
submit_timeout = 30                                  # seconds one call of submit may take
max_run_seconds = 86400                              # then: cancelled, FAILED ran-too-long
max_shots = 1000000
max_program_bytes = 262144
job_options = ["duration", "readout_error"]          # `options` a job may carry
options = { readout_error = 0.01 }                   # handed to the driver
preset = "heavyhex27"                                # and num_qubits, native_gates, …: see target_table.py; what is not
                                                     # said of the target here is what the driver says
max_simulated_qubits = 24                            # optional: refuse runs of programs that use more
limits = { operations = 1000, compile_seconds = 5 }  # of programs in OpenQASM; see languages/openqasm/limits.py

One line turns on a ready-made device: devices.heavyhex27.preset = "heavyhex27"
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from qcjob.devices import presets, target_table
from qcjob.errors import ConfigurationError
from qcjob.job import ON_UNCERTAIN
from qcjob.languages.openqasm import Limits
from qcjob.target import Target

_ONE_QUBIT = Target(1, ("rx", "ry", "rz"))
"""Said of a device of which nobody has said anything."""

MAX_SHOTS = 1_000_000
MAX_PROGRAM_BYTES = 262_144

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_DRIVER = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
_RESERVED = ("ideal", "echo", "celery", "unacked", "unacked_index", "unacked_mutex")

SIMULATOR_DRIVER = "workers.drivers.simulator:Simulator"
ECHO_DRIVER = "workers.drivers.echo:Echo"
_SHIPPED_JOB_OPTIONS = {SIMULATOR_DRIVER: ("duration", "readout_error", "memory"), ECHO_DRIVER: ("error",)}


@dataclass(frozen=True, slots=True)
class DeviceConfig:
    """One device as the operator configured it. Times are seconds.

    `target_told` names the fields of `target` that the operator decided; the others count until the driver has spoken.
    """

    name: str
    driver: str
    slots: int = 1
    on_uncertain: str = "fail"
    submit_timeout: float = 30.0
    max_run_seconds: float = 86_400.0
    max_shots: int = MAX_SHOTS
    max_program_bytes: int = MAX_PROGRAM_BYTES
    target: Target = _ONE_QUBIT
    target_told: frozenset[str] = frozenset()
    max_simulated_qubits: int | None = None
    limits: Limits = field(default_factory=Limits)
    job_options: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def target_as(self, driver_says: Target) -> Target:
        """What programs are compiled for: what the driver says, and over it what the operator does."""
        return replace(driver_says, **{name: getattr(self.target, name) for name in self.target_told})


def _shipped(name: str, driver: str, target: Target, slots: int = 1) -> DeviceConfig:
    return DeviceConfig(
        name,
        driver,
        slots=slots,
        on_uncertain="rerun",
        target=target,
        target_told=target_table.WHOLE_TARGET,
        job_options=_SHIPPED_JOB_OPTIONS[driver],
    )


SIMULATOR = _shipped("simulator", SIMULATOR_DRIVER, presets.simulator())
IDEAL = _shipped("ideal", SIMULATOR_DRIVER, presets.ideal(), slots=2)
ECHO = _shipped("echo", ECHO_DRIVER, presets.ideal(), slots=2)
BUILT_INS = (IDEAL, ECHO)


@dataclass(frozen=True, slots=True)
class Devices:
    """Every device of this installation by name, and which one is the default."""

    configured: Mapping[str, DeviceConfig]
    default: str

    @property
    def all(self) -> Mapping[str, DeviceConfig]:
        """Configured devices first, then the built-ins."""
        return {**self.configured, **{device.name: device for device in BUILT_INS}}


def load_devices(path: Path | None) -> Devices:
    """The devices of a TOML file, or the shipped `simulator` without one. Raises ConfigurationError."""
    if path is None:
        return Devices({SIMULATOR.name: SIMULATOR}, SIMULATOR.name)
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"QCJOB_DEVICES={path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"QCJOB_DEVICES={path} is not TOML: {error}") from error
    tables = document.get("devices")
    if not isinstance(tables, dict) or not tables:
        raise ConfigurationError(f"QCJOB_DEVICES={path} has no [devices.NAME] table")
    configured = {name: _device(name, table, path) for name, table in tables.items()}
    default = document.get("default", next(iter(configured)))
    if default not in configured:
        raise ConfigurationError(f"{path}: default = {default!r} is not one of {', '.join(configured)}")
    return Devices(configured, default)


_CHECKS: dict[str, tuple[type | tuple[type, ...], str]] = {
    "driver": (str, '"module:Class"'),
    "slots": (int, "a whole number, 1 to 1,000"),
    "on_uncertain": (str, '"fail" or "rerun"'),
    "submit_timeout": ((int, float), "seconds, more than 0"),
    "max_run_seconds": ((int, float), "seconds, more than 0"),
    "max_shots": (int, f"a whole number, 1 to {MAX_SHOTS:,}"),
    "max_program_bytes": (int, f"a whole number, 1 to {MAX_PROGRAM_BYTES:,}"),
    "max_simulated_qubits": (int, "a whole number, 1 or more"),
    "limits": (dict, "a table of whole numbers"),
    "preset": (str, f"one of {', '.join(presets.PRESETS)}"),
    "num_qubits": (int, "a whole number, 1 or more"),
    "native_gates": (list, "a list of gate names"),
    "connectivity": (list, "a list of qubit pairs"),
    "features": (list, "a list of features"),
    "gates": (dict, "a table of lists of {qubits, duration, error}"),
    "dt": ((int, float), "seconds, more than 0"),
    "job_options": (list, "a list of option names"),
    "options": (dict, "a table"),
}


def _device(name: str, table: object, path: Path) -> DeviceConfig:
    def wrong(what: str) -> ConfigurationError:
        return ConfigurationError(f"{path}: [devices.{name}] {what}")

    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise wrong(f"is not a usable name: lower-case letters, digits, _ and -, not {', '.join(_RESERVED)}")
    if not isinstance(table, dict):
        raise wrong("is not a table")
    for key, value in table.items():
        if key not in _CHECKS:
            raise wrong(f"has the unknown key {key!r}; known: {', '.join(_CHECKS)}")
        kind, wanted = _CHECKS[key]
        if not isinstance(value, kind) or isinstance(value, bool):
            raise wrong(f"{key} = {value!r}: wanted {wanted}")
    values = dict(table)
    if "preset" in values:
        values = {"driver": SIMULATOR_DRIVER, "on_uncertain": "rerun", **values}
    driver = values.pop("driver", "")
    if not _DRIVER.fullmatch(driver):
        raise wrong(f'driver = {driver!r}: wanted "module:Class"')
    ranges = {
        "slots": 1_000,
        "max_shots": MAX_SHOTS,
        "max_program_bytes": MAX_PROGRAM_BYTES,
        "num_qubits": 1_000_000,
        "max_simulated_qubits": 1_000_000,
        "submit_timeout": float("inf"),
        "max_run_seconds": float("inf"),
    }
    for key, most in ranges.items():
        least = 1 if isinstance(most, int) else 0.001
        if key in values and not least <= values[key] <= most:
            raise wrong(f"{key} = {values[key]!r}: wanted {_CHECKS[key][1]}")
    if "dt" in values and not 0 < values["dt"] < math.inf:
        raise wrong(f"dt = {values['dt']!r}: wanted {_CHECKS['dt'][1]}")
    if values.get("on_uncertain", "fail") not in ON_UNCERTAIN:
        raise wrong(f"on_uncertain = {values['on_uncertain']!r}: wanted {_CHECKS['on_uncertain'][1]}")
    try:
        target, told = target_table.read_target(values, _ONE_QUBIT)
    except ValueError as error:
        raise wrong(str(error)) from error
    try:
        limits = Limits.from_dict(values.pop("limits", {}))
    except ValueError as error:
        raise wrong(f"limits: {error}") from error
    job_options = tuple(values.pop("job_options", _SHIPPED_JOB_OPTIONS.get(driver, ())))
    rest = {key: value for key, value in values.items() if key not in target_table.KEYS}
    return DeviceConfig(
        name=name, driver=driver, target=target, target_told=told, limits=limits, job_options=job_options, **rest
    )
