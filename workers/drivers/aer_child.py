"""Simulations, one process a run: `python -m workers.drivers.aer_child`, started by `Forks`.

A run is asked as {"engine": "aer" | "numpy", "compiled", "shots", "seed", "memory", "max_memory_mb"} and, for Aer,
{"method", "threads", "noise"} (see `noise_model`), for numpy {"readout_error", "max_qubits"}. It answers
{"counts", "memory"}, or {"rejected": "…"}.
"""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import Mapping
from typing import Any

import numpy as np

from qcjob.errors import Rejected
from workers.drivers.fork_server import serve
from workers.drivers.seeds import in_31_bits
from workers.drivers.statevector import memory_of, sample

SLACK_BYTES = 512 << 20
"""Beside the state: the program, its outcomes, and the stacks of threads."""

_STRANGE_TO_AER = frozenset({"ch", "cs", "csdg", "iswap", "dcx", "xx_plus_yy", "xx_minus_yy"})


def main() -> None:
    """Import once, then serve."""
    with contextlib.suppress(ImportError):  # without it there is numpy
        import qiskit_aer  # noqa: F401

        from qcjob.circuits.document import to_circuit  # noqa: F401
    serve(run)


def run(asked: dict[str, Any]) -> dict[str, Any]:
    """One simulation, within its memory."""
    os.nice(5)  # the front door goes first
    _bound_memory(asked["max_memory_mb"] << 20)
    try:
        return _aer(asked) if asked["engine"] == "aer" else _numpy(asked)
    except Rejected as error:
        return {"rejected": str(error)}
    except MemoryError:
        return {"rejected": f"it needs more than the {asked['max_memory_mb']:,} MB of memory that a run may take"}


def _numpy(asked: dict[str, Any]) -> dict[str, Any]:
    flip, most = asked["readout_error"], asked["max_qubits"]
    counts = sample(asked["compiled"], asked["shots"], asked["seed"], flip=flip, max_qubits=most)
    return {"counts": counts, "memory": memory_of(counts, asked["seed"]) if asked["memory"] else None}


def _aer(asked: dict[str, Any]) -> dict[str, Any]:
    from qiskit.exceptions import QiskitError
    from qiskit_aer import AerSimulator

    from qcjob.circuits.document import NotExpressible, to_circuit

    simulator = AerSimulator(
        method=asked["method"],
        noise_model=noise_model(asked["noise"]),
        max_memory_mb=asked["max_memory_mb"],
        max_parallel_threads=asked["threads"],
        enable_truncation=asked["compiled"]["format"] == 1,  # in Aer 0.18 it cuts off where a jump would land
        max_parallel_experiments=1,
        max_parallel_shots=1,  # parts of the shots would draw from seeds that depend on how many parts there are
    )
    try:
        circuit = _in_aers_words(to_circuit(asked["compiled"]))
        if simulator.options.noise_model is not None and asked["compiled"]["format"] == 2:
            circuit = _with_all_clbits(circuit)
        job = simulator.run(
            circuit, shots=asked["shots"], memory=asked["memory"], seed_simulator=in_31_bits(asked["seed"])
        )
        result = job.result()
    except (QiskitError, NotExpressible) as error:
        raise Rejected(f"the simulator cannot run this program: {error!s:.500}") from error
    if not result.success:
        told = result.results[0].status if result.results else result.status
        if "memory" in told:
            raise MemoryError
        raise Rejected(f"the simulator cannot run this program: {told[:500]}")
    data, width = result.results[0].data.to_dict(), asked["compiled"]["clbits"]
    counts = data.get("counts") or {"0x0": asked["shots"]}  # nothing was measured
    memory = data.get("memory") or ["0x0"] * asked["shots"]
    return {
        "counts": {_bits(outcome, width): seen for outcome, seen in counts.items()},
        "memory": [_bits(outcome, width) for outcome in memory] if asked["memory"] else None,
    }


def noise_model(noise: Mapping[str, Any]) -> Any:
    """{"gates": [[name, wires, error], …], "readout": [[wire, error], …]}: the chance that each goes wrong.

    A gate's error is its average infidelity r: it depolarises with probability r d/(d-1) for d = 2^qubits. `wires` or
    `wire` None: everywhere.
    """
    from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

    from qcjob.circuits.vocabulary import qiskit_name
    from qcjob.gates import GATES

    if not noise["gates"] and not noise["readout"]:
        return None
    model = NoiseModel()
    for name, wires, error in noise["gates"]:
        qubits = GATES[name][0]
        size = 2**qubits
        chance = min(error * size / (size - 1), size**2 / (size**2 - 1))
        wrong = depolarizing_error(chance, qubits)
        if wires is None:
            model.add_all_qubit_quantum_error(wrong, qiskit_name(name))
        else:
            model.add_quantum_error(wrong, qiskit_name(name), wires)
    for wire, error in noise["readout"]:
        flips = ReadoutError([[1 - error, error], [error, 1 - error]])
        if wire is None:
            model.add_all_qubit_readout_error(flips)
        else:
            model.add_readout_error(flips, [wire])
    return model


def _in_aers_words(circuit: Any) -> Any:
    """The circuit, gates that Aer has no word for as labelled matrices; a label finds its noise as a name does."""
    from qiskit.circuit import ControlFlowOp
    from qiskit.circuit.library import UnitaryGate

    for number, instruction in enumerate(circuit.data):
        operation = instruction.operation
        if isinstance(operation, ControlFlowOp) and operation.blocks:
            operation = operation.replace_blocks([_in_aers_words(block) for block in operation.blocks])
        elif operation.name in _STRANGE_TO_AER:
            matrix = np.array(operation.to_matrix())  # Aer 0.18 transposes an array that it may not write to
            operation = UnitaryGate(matrix, label=operation.name)
        else:
            continue
        circuit.data[number] = instruction.replace(operation=operation)
    return circuit


def _with_all_clbits(circuit: Any) -> Any:
    """The circuit, in which a measurement writes the last clbit first.

    With noise Aer 0.18 forgets the clbits behind the last one that is measured, and those may be asked, or assigned to.
    """
    made = circuit.copy_empty_like()
    if circuit.num_clbits:
        made.measure(circuit.qubits[0], circuit.clbits[-1])
        made.store(circuit.clbits[-1], False)  # a reading error may have made it 1
    return made.compose(circuit, made.qubits, made.clbits)


def _bits(outcome: str, width: int) -> str:
    return f"{int(outcome, 16):0{width}b}" if width else ""


def _bound_memory(budget: int) -> None:
    """No more address space than there is now, and the budget; where the system does not tell, as it is."""
    with contextlib.suppress(OSError), open("/proc/self/statm") as told:
        now = int(told.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + budget + SLACK_BYTES,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
