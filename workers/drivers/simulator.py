"""The quantum computer that is always there: exact, noiseless and instant unless asked otherwise."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from typing import Any

from qcjob.devices.driver import Caps, Finished, Handle, Program, Properties, Result
from qcjob.errors import ConfigurationError, Rejected
from qcjob.gates import GATES
from qcjob.target import FEATURES, Target
from workers.drivers import aer_settings
from workers.drivers.aer_settings import AerSettings
from workers.drivers.operations import FORMATS, checked
from workers.drivers.sampling import MAX_QUBITS, largest, sample_small
from workers.drivers.seeds import seed_of
from workers.drivers.simulating import RETENTION_SECONDS, Simulating, asked_of, number

MOST_QUBITS = 1_000
"""Of the device; what one run may use is bounded by its memory."""


class Simulator(Simulating):
    """A noiseless, instant quantum computer, unless asked otherwise.

    Device options: `num_qubits` (127, at most 1,000), `native_gates` (rx, ry, rz, cz), `connectivity` (all to all),
    `readout_error` (0, for jobs that name none), and Aer's `max_memory_mb` (1,024), `method`, `threads` and
    `max_simulated_qubits`. Job options: `duration`, the seconds the run lasts; `readout_error`, the chance that a bit
    is read wrong.

    A program of one qubit is sampled at once. Any other runs on Aer, in a process that can be killed; where Aer is not
    installed, or does not understand one of its conditions, with numpy, up to 20 qubits; without numpy not at all.

    A run is a pure function of program, shots, options and seed, and a job without a seed gets one made from its id:
    a job submitted twice gives the same counts, which is what dedup "native" promises. Handles die with the process.
    """

    caps = Caps(dedup="native", cancel="running", formats=FORMATS, memory=True, retention=RETENTION_SECONDS)

    def __init__(self, name: str, options: Mapping[str, Any], *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(name, options, clock=clock)
        known = {"num_qubits", "native_gates", "connectivity", "readout_error", *aer_settings.OPTIONS}
        if unknown := set(options) - known:
            raise ConfigurationError(f"device {name}: unknown options {', '.join(sorted(unknown))}")
        qubits, gates = options.get("num_qubits", 127), tuple(options.get("native_gates", ("rx", "ry", "rz", "cz")))
        if not isinstance(qubits, int) or not 1 <= qubits <= MOST_QUBITS:
            raise ConfigurationError(f"device {name}: num_qubits = {qubits!r}: wanted 1 to {MOST_QUBITS:,}")
        if not set(gates) <= set(GATES):
            raise ConfigurationError(f"device {name}: native_gates = {list(gates)}: there are {', '.join(GATES)}")
        try:
            self._readout_error = number(options, "readout_error", 0.0, most=1.0)
            shape = {"num_qubits": qubits, "native_gates": gates, "connectivity": options.get("connectivity")}
            self._target = dataclasses.replace(Target.from_dict(shape), features=FEATURES)
        except (Rejected, TypeError, ValueError) as error:
            raise ConfigurationError(f"device {name}: {error}") from error
        self._aer = AerSettings.of(name, options) if aer_settings.is_installed() else None

    def properties(self) -> Properties:
        """The target, the job options above, and the most qubits of one run."""
        return Properties(self._target, ("duration", "readout_error"), self._largest)

    @property
    def _largest(self) -> int:
        most = largest() if self._aer is None else self._aer.largest
        return self._target.num_qubits if most is None else min(most, self._target.num_qubits)

    def submit(self, job_id: str, program: Program, shots: int) -> Handle | Finished:
        """One qubit is finished at once; a circuit, or a run with a duration, has a handle.

        Raises Rejected for a program or an option it cannot take.
        """
        duration = number(program.options, "duration", 0.0)
        flip = number(program.options, "readout_error", self._readout_error, most=1.0)
        if known := self._known(job_id):
            return known
        seed = seed_of(job_id, program.seed)
        asked = asked_of(program, shots, seed)
        if not _is_a_qubit(program.compiled):
            return self._keep(job_id, seed, duration, self._to_a_process(asked, flip))
        drawn = sample_small(program.compiled, shots, seed, flip=flip, max_qubits=1, memory=asked["memory"])
        result = Result(*drawn, seed)
        return self._keep(job_id, seed, duration, result) if duration else Finished(result)

    def _to_a_process(self, asked: dict[str, Any], flip: float) -> dict[str, Any]:
        """What a process is to be asked, once the program was looked at."""
        ops = checked(asked["compiled"], formats=self.caps.formats, max_qubits=self._largest)
        if self._aer is not None and aer_settings.understands(ops):
            return {**asked, **self._aer.asked({"gates": [], "readout": [[None, flip]] if flip else []})}
        if asked["compiled"]["qubits"] > MAX_QUBITS:
            raise Rejected(f"the program chooses by what only a run of up to {MAX_QUBITS} qubits can work out")
        memory = AerSettings().max_memory_mb if self._aer is None else self._aer.max_memory_mb
        return {**asked, "engine": "numpy", "readout_error": flip, "max_qubits": MAX_QUBITS, "max_memory_mb": memory}


def _is_a_qubit(compiled: Mapping[str, Any]) -> bool:
    """A program like those of rotations: one qubit, measured once at most, which takes no time to speak of."""
    names = [op[0] for op in compiled.get("ops", ()) if op]
    alone = compiled.get("format") == 1 and compiled.get("qubits") == 1
    return alone and names.count("measure") <= 1 and "reset" not in names
