"""From a checked request to the program that its device is given, whatever the language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qcjob.compile_service.client import CompileService, can_compile
from qcjob.compile_service.request import Request
from qcjob.compiler import compile_program
from qcjob.compiler.fits import CALIBRATION
from qcjob.compiler.parts import circuits_of
from qcjob.compiler.readout import chances, overhead
from qcjob.compiler.rotation_parts import compile_parts
from qcjob.compiler.stats import program_stats, with_shots
from qcjob.devices.config import DeviceConfig
from qcjob.errors import FieldError, InvalidProgram, InvalidRequest, ProgramError
from qcjob.languages import parse
from qcjob.languages.placeholders import without_placeholders
from qcjob.result import MAX_RESULT_BYTES, most_bytes
from qcjob.service.catalogue import Catalogue
from qcjob.service.options import MITIGATION, OBSERVABLES, OPTIMIZATION_LEVEL
from qcjob.service.request import JobRequest
from qcjob.target import Target

_NOT_INSTALLED = "OpenQASM is not installed on this server: its operator adds it with pip install 'qcjob[circuits]'"


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a driver is given, and the target it was made for. `stats` are there where the compiler had to know them."""

    program: Mapping[str, Any]
    target: Target
    _stats: Mapping[str, Any] | None = None

    @property
    def stats(self) -> dict[str, Any]:
        """What the program costs, see qcjob.compiler.stats; worked out when asked for, which most submits do not."""
        if self._stats is not None:
            return dict(self._stats)
        return {
            **program_stats(self.program, self.target),
            "optimization_level": None,
            "implicit_measurement": False,
            "compile_seconds": None,
            "cached": False,
        }

    def estimated_seconds(self, shots: int) -> float | None:
        """What the runs take all together, None where the device publishes no durations."""
        if self._stats is None and not self.target.gates:
            return None  # known without looking at the program
        seconds: float | None = with_shots(self.stats, shots)["estimated_seconds"]
        return seconds


class Compilation:
    """Compiles for the devices of a catalogue: rotations here, OpenQASM where it can be killed."""

    def __init__(self, catalogue: Catalogue, service: CompileService) -> None:
        self._catalogue = catalogue
        self._service = service

    def compile(self, request: JobRequest, device: DeviceConfig) -> Compiled:
        """The program of a request that `check_request` passed, as its runtime runs it on the device.

        Raises InvalidProgram with every fault, CompilerBusy.
        """
        assert request.language is not None and request.runtime is not None
        target = self._catalogue.target(device.name)
        if request.language == "rotations":
            return Compiled(_named(_rotations(request, target, device), target), target)
        program = parse(request.program, request.language, max_bytes=device.max_program_bytes, limits=device.limits)
        if not can_compile():
            raise InvalidProgram([ProgramError(1, 1, "language-not-available", _NOT_INSTALLED)])
        wanted = Request(
            request.program,
            program.language,
            "simulated" if request.runtime == "echo" else request.runtime,
            target,
            device.limits,
            request.options.get(OPTIMIZATION_LEVEL),
            observables=request.options.get(OBSERVABLES),
            bindings=request.bindings,
        )
        found = self._service.compile(wanted)
        return Compiled(_named(found["compiled"], target), target, found["stats"])

    def check_mitigation(self, compiled: Compiled, options: Mapping[str, Any]) -> None:
        """Raises InvalidRequest where readout errors are to be undone that nobody knows."""
        if MITIGATION in options:
            try:
                for circuit in circuits_of(compiled.program):
                    overhead(chances(circuit, compiled.target, options.get("readout_error")))
            except ValueError as error:
                wanted = "for a device that publishes the readout errors of the qubits measured"
                raise InvalidRequest(
                    [FieldError(f"options.{MITIGATION}", f"cannot be done: {error}", wanted)]
                ) from error

    def check_result_size(self, compiled: Compiled, request: JobRequest) -> None:
        """Raises InvalidRequest for a job whose result could come to more than may be kept."""
        assert request.shots is not None
        size = most_bytes(compiled.program, request.shots, memory=bool(request.options.get("memory")))
        if size > MAX_RESULT_BYTES:
            message = f"{request.shots:,} shots of this program could give a result of {size:,} bytes"
            wanted = f"fewer shots or classical bits: results have up to {MAX_RESULT_BYTES:,} bytes"
            raise InvalidRequest([FieldError("shots", message, wanted)])

    def check_size(self, compiled: Compiled, device: DeviceConfig) -> None:
        """Raises InvalidProgram for a program that a simulator cannot run for its size, though it can be compiled."""
        most = self._catalogue.max_simulated_qubits(device.name)
        used = max(circuit["qubits"] for circuit in circuits_of(compiled.program))
        if most is not None and used > most:
            message = (
                f"the program uses {used} qubits; {device.name} can simulate {most}. A dry run compiles it all the same"
            )
            raise InvalidProgram([ProgramError(1, 1, "too-large-to-simulate", message)])


def _rotations(request: JobRequest, target: Target, device: DeviceConfig) -> dict[str, Any]:
    assert request.runtime is not None
    observables, bindings = request.options.get(OBSERVABLES), request.bindings
    source = request.program
    named: dict[int, str] = {}
    if bindings is not None and len(source.encode("utf-8", "surrogatepass")) <= device.max_program_bytes:
        source, named = without_placeholders(source)
    program = parse(source, "rotations", max_bytes=device.max_program_bytes)
    if observables is None and bindings is None:
        return compile_program(program, request.runtime, target)
    return compile_parts(
        program,
        request.runtime,
        target,
        observables=observables,
        bindings=bindings,
        named=named,
        most_operations=device.limits.operations,
    )


def _named(program: dict[str, Any], target: Target) -> dict[str, Any]:
    """The program with the name of the calibration it was made for."""
    return program if target.calibration_id is None else {**program, CALIBRATION: target.calibration_id}
