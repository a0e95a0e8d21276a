"""Qiskit Aer as a device of its own: any size and wiring, any of its methods, and noise."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import Any

from qcjob.devices.driver import Caps, Handle, Program, Properties
from qcjob.errors import ConfigurationError, Rejected
from qcjob.gates import GATES
from qcjob.target import FEATURES, Target
from workers.drivers import aer_settings
from workers.drivers.aer_settings import AerSettings
from workers.drivers.operations import checked
from workers.drivers.seeds import seed_of
from workers.drivers.simulating import RETENTION_SECONDS, Simulating, asked_of, number

_SHAPE = ("num_qubits", "native_gates", "connectivity", "gates", "calibration_id", "calibrated_at", "dt")
_NOISE = ("one_qubit_error", "two_qubit_error", "readout_error")


class Aer(Simulating):
    """A simulated quantum computer that may be noisy.

    Device options: those of a target (`num_qubits`, `native_gates`, `connectivity`, `gates` with the figures of each,
    `dt`, `calibration_id`, `calibrated_at`); `noise`: "figures", to go wrong as the target's own figures say, or a
    table of `one_qubit_error`, `two_qubit_error` and `readout_error`; and `method`, `max_memory_mb`, `threads` and
    `max_simulated_qubits` of one run. Job options: `duration`, the least seconds the run lasts.

    Same seed, same counts, and a job without a seed gets one made from its id; handles die with the process.
    """

    caps = Caps(dedup="native", cancel="running", formats=(1, 2), memory=True, retention=RETENTION_SECONDS)

    def __init__(self, name: str, options: Mapping[str, Any], *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(name, options, clock=clock)
        if unknown := set(options) - {*_SHAPE, "noise", *aer_settings.OPTIONS}:
            raise ConfigurationError(f"device {name}: unknown options {', '.join(sorted(unknown))}")
        if not aer_settings.is_installed():
            raise ConfigurationError(f"device {name}: Aer is not installed: pip install 'qcjob[circuits]'")
        self._settings = AerSettings.of(name, options)
        try:
            shape = {key: options[key] for key in _SHAPE if key in options}
            self._target = dataclasses.replace(Target.from_dict(shape), features=FEATURES)
            self._noise = _noise_of(options.get("noise", {}), self._target)
        except (KeyError, TypeError, ValueError, Rejected) as error:
            raise ConfigurationError(f"device {name}: its target or noise cannot be read: {error!r}") from error
        if not set(self._target.native_gates) <= set(GATES):
            raise ConfigurationError(f"device {name}: native_gates: there are {', '.join(GATES)}")

    def properties(self) -> Properties:
        """The target, the job options above, and the most qubits of one run."""
        return Properties(self._target, ("duration",), self._settings.largest)

    def submit(self, job_id: str, program: Program, shots: int) -> Handle:
        """A handle. Raises Rejected for a program or an option it cannot take."""
        duration = number(program.options, "duration", 0.0)
        if known := self._known(job_id):
            return known
        qubits, largest = self._target.num_qubits, self._settings.largest
        most = qubits if largest is None else min(largest, qubits)
        if not aer_settings.understands(checked(program.compiled, formats=self.caps.formats, max_qubits=most)):
            raise Rejected("the program chooses by arithmetic or a cast, which this device cannot work out")
        seed = seed_of(job_id, program.seed)
        asked = asked_of(program, shots, seed) | self._settings.asked(self._noise_on(program.compiled["layout"]))
        return self._keep(job_id, seed, duration, asked)

    def _noise_on(self, layout: list[int]) -> dict[str, Any]:
        """The device's noise where the program's wires lie."""
        wire = {qubit: number for number, qubit in enumerate(layout)}
        return {
            "gates": [
                [name, None if on is None else [wire[qubit] for qubit in on], error]
                for name, on, error in self._noise["gates"]
                if on is None or all(qubit in wire for qubit in on)
            ],
            "readout": [
                [None if qubit is None else wire[qubit], error]
                for qubit, error in self._noise["readout"]
                if qubit is None or qubit in wire
            ],
        }


def _noise_of(told: Any, target: Target) -> dict[str, Any]:
    """[name, qubits or None, error] for each gate, [qubit or None, error] for reading; as `aer_child.noise_model`."""
    if told == "figures":
        rows = [
            (name, on, figures.error)
            for name, table in target.gates.items()
            for on, figures in table.items()
            if figures.error
        ]
        return {
            "gates": [[name, list(on), error] for name, on, error in rows if name in GATES],
            "readout": [[on[0], error] for name, on, error in rows if name == "measure"],
        }
    if not isinstance(told, Mapping) or not set(told) <= set(_NOISE):
        raise ValueError(f'noise = {told!r}: wanted "figures", or a table of {", ".join(_NOISE)}')
    one, two, readout = (number(told, key, 0.0, most=1.0) for key in _NOISE)
    by_size = {1: one, 2: two}
    errors = {name: by_size.get(GATES[name][0], 0.0) for name in target.native_gates if name in GATES}
    return {
        "gates": [[name, None, error] for name, error in errors.items() if error],
        "readout": [[None, readout]] if readout else [],
    }
