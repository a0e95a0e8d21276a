"""The device behind the runtime `echo`: it runs nothing and answers at once, for people who write clients."""

from __future__ import annotations

import random
from typing import Any

from qcjob.devices.driver import (
    Caps,
    DeviceStatus,
    Driver,
    Failed,
    Finished,
    Handle,
    Poll,
    PollState,
    Program,
    Properties,
    Result,
    Status,
)
from qcjob.errors import DriverError, Rejected
from qcjob.result import Counts
from qcjob.target import Target
from workers.drivers.seeds import seed_of


class Echo(Driver):
    """Random counts, every outcome as likely as any other; or the failure its job asked for.

    Job option `error`: the code the job then fails with. Same seed, same counts; without a seed one is made from the
    id submitted, so that submitting it again is the same run (which is what dedup "native" promises). Every run is over
    when `submit` returns: there are no handles.
    """

    caps = Caps(dedup="native", formats=(1, 2))

    def properties(self) -> Properties:
        """One qubit, every rotation."""
        return Properties(Target(1, ("rx", "ry", "rz")), ("error",))

    def status(self) -> Status:
        """Always online."""
        return Status(DeviceStatus.ONLINE)

    def submit(self, job_id: str, program: Program, shots: int) -> Finished | Failed:
        """Counts at once, or Failed with the code asked for; Rejected where that is no text."""
        code = program.options.get("error")
        if code is not None:
            if not isinstance(code, str) or not code:
                raise Rejected(f"the option error is {code!r:.80}: wanted the code to fail with, as text")
            return Failed(code, "the job asked to fail with this code")
        seed = seed_of(job_id, program.seed)
        return Finished(Result(random_counts(program.compiled, shots, seed), seed=seed))

    def poll(self, handle: Handle) -> Poll:
        """Lost: no run outlives `submit`."""
        return Poll(PollState.LOST, "runs of this device end at once; it knows no handles")

    def result(self, handle: Handle) -> Result:
        """Raises DriverError, for the same reason."""
        raise DriverError(f"no run {handle[:80]!r}: runs of this device end at once")


def random_counts(compiled: Any, shots: int, seed: int) -> Counts:
    """Counts of `shots` uniform draws over the program's clbits, exact: one fair coin for each shot and clbit."""
    coins = random.Random(seed)
    counts = {"": shots}
    for _ in range(compiled["clbits"]):
        split: Counts = {}
        for prefix, seen in counts.items():
            ones = coins.getrandbits(seen).bit_count()
            split |= {prefix + bit: count for bit, count in (("0", seen - ones), ("1", ones)) if count}
        counts = split
    return counts
