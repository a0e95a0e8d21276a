"""From a source in OpenQASM to what a driver is given: pure, but for the clock that says how long it took."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from qiskit.circuit import ClassicalRegister, QuantumCircuit

from qcjob.bindings import check_parts
from qcjob.circuits.document import to_document
from qcjob.circuits.features import check_features
from qcjob.circuits.mixed import NoWay
from qcjob.circuits.observed import observed
from qcjob.circuits.program import Program
from qcjob.circuits.read import read
from qcjob.circuits.swept import Made, swept
from qcjob.circuits.targets import prepare
from qcjob.circuits.transpile import Compiled, decomposed, optimized
from qcjob.circuits.verbatim import check_verbatim
from qcjob.compiler.stats import program_stats
from qcjob.errors import InvalidProgram, ProgramError
from qcjob.languages.openqasm import Limits
from qcjob.target import Target

LEVEL = 2
"""The transpiler's optimization level when none is asked for: level 3 takes up to 30 times as long, for 4 % fewer
two-qubit gates."""
MEASURED = "meas"
"""The register that a program without a measurement is measured into."""


@dataclass(frozen=True, slots=True)
class Built:
    """The compiled program, plain JSON types, and what it costs."""

    compiled: dict[str, Any]
    stats: dict[str, Any]


def build(
    source: str,
    language: str,
    runtime: str,
    target: Target,
    limits: Limits,
    level: int | None = None,
    seed: int = 0,
    observables: Sequence[Any] | None = None,
    bindings: Sequence[Mapping[str, float]] | None = None,
) -> Built:
    """The program as `runtime` (optimized, verbatim or simulated) runs it on `target`.

    With `observables` or `bindings` it is a program of several parts, for each binding one in each basis. `level` is
    the optimization level, 0 to 3, of `optimized`; `seed` is the transpiler's. Raises InvalidProgram with every fault
    that can be told, and ProgramTooLong. Kill the process of one that takes too long: nothing else ends it.
    """
    begun = time.perf_counter()
    level = (LEVEL if level is None else level) if runtime == "optimized" else None

    def made(inputs: Mapping[str, Any] | None) -> Made:
        program = read(source, language, limits, target.num_qubits, inputs, target.dt)
        if observables is None:
            implicit = not _measures(program.circuit)
            return Made([_document(measured(program), runtime, target, level, seed)], (), implicit)
        found = observed(program, observables, _free_name(program), target if runtime == "verbatim" else None)
        bases, programs = zip(*found, strict=True)
        check_parts(len(bindings or (0,)), len(bases))
        return Made([_document(each, runtime, target, level, seed) for each in programs], bases, False)

    one, compiled = swept(made, bindings, limits.operations)
    stats = {
        **program_stats(compiled, target),
        "optimization_level": level,
        "implicit_measurement": one.implicit_measurement,
        "compile_seconds": time.perf_counter() - begun,
    }
    return Built(dict(compiled), stats)


def _document(program: Program, runtime: str, target: Target, level: int | None, seed: int) -> dict[str, Any]:
    made = _made(program, runtime, target, level, seed)
    return to_document(
        made.circuit,
        program.clbits,
        {name: [made.starts[qubit] for qubit in qubits] for name, qubits in program.qubits.items()},
        {name: [made.ends[qubit] for qubit in qubits] for name, qubits in program.qubits.items()},
    )


def measured(program: Program) -> Program:
    """The program; one that measures nothing measures every qubit at its end, into a register of its own."""
    circuit = program.circuit
    if _measures(circuit) or not circuit.num_qubits:
        return program
    name = _free_name(program)
    register = ClassicalRegister(circuit.num_qubits, name)
    first = circuit.num_clbits
    circuit.add_register(register)
    circuit.measure(circuit.qubits, list(register))
    places = [*program.places, *[program.places[-1] if program.places else (1, 1)] * circuit.num_qubits]
    clbits = {**program.clbits, name: range(first, circuit.num_clbits)}
    return Program(circuit, program.qubits, clbits, places, program.physical)


def _free_name(program: Program) -> str:
    name = MEASURED
    while name in program.clbits or name in program.qubits:
        name += "_"
    return name


def _measures(circuit: QuantumCircuit) -> bool:
    return any(
        instruction.name == "measure"
        or (instruction.is_control_flow() and any(map(_measures, instruction.operation.blocks)))
        for instruction in circuit.data
    )


def _made(program: Program, runtime: str, target: Target, level: int | None, seed: int) -> Compiled:
    circuit = program.circuit
    as_written = range(circuit.num_qubits)
    check_features(program, target)
    if runtime == "verbatim":
        check_verbatim(program, target)
        return Compiled(circuit, as_written, as_written)
    if runtime == "simulated":
        return Compiled(decomposed(circuit), as_written, as_written)
    assert runtime == "optimized" and level is not None, runtime
    try:
        return optimized(circuit, prepare(target), level, seed, in_place=program.physical)
    except NoWay as error:
        message = f"the transpiler finds no way to run this on the device: {str(error)[:300]}"
        raise InvalidProgram([ProgramError(1, 1, "unsupported", message)]) from error
