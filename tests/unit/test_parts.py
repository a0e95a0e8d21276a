"""Jobs of several circuits: each is run once, whatever dies, and what earlier ones gave is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import fakeredis
import pytest

from qcjob.compiler.parts import circuit, parts_of, several, value_of
from qcjob.devices.driver import CancelAnswer, Caps, Failed, Finished, Handle, Poll, PollState, Program, Result
from qcjob.errors import StaleWriter, Unavailable, Uncertain
from qcjob.ids import attempt_of, part_of, run_id
from qcjob.job import Job, NewJob
from qcjob.ledger import Claim, Ledger
from qcjob.ledger.checkup import check
from qcjob.ledger.outcomes import Memory, packed, unpacked
from qcjob.ledger.stored import read_memory, read_parts, read_result
from qcjob.lifecycle import JobState
from qcjob.memory import pack
from tests.unit.conftest import Clock
from tests.unit.test_attempt import DEVICE, Told
from workers.attempt import Attempt
from workers.ending import Outcome
from workers.lease import Lease

CIRCUIT = {"format": 1, "qubits": 1, "clbits": 1, "registers": {"c": [0]}, "layout": [0]}
PROGRAM = several(
    [{**CIRCUIT, "ops": [["rx", [0], [{"t": 2.0, "": 0.5}]], ["measure", [0], [], [0]]]}],
    [{"circuit": 0, "binding": {"t": t}} for t in (0.0, 1.0, 2.0)],
)
DONE = Poll(PollState.DONE)
OUTCOMES = [Result({"0": 10 - ones, "1": ones}, seed=ones) for ones in (1, 2, 3)]
NATIVE, FIND, NONE = Caps(dedup="native"), Caps(dedup="find"), Caps(dedup="none")


class Machine(Told):
    """Notes what it is given."""

    def __init__(self, caps: Caps | None = None, **answers: Any) -> None:
        super().__init__(caps, **answers)
        self.programs: list[Program] = []

    def submit(self, job_id: str, program: Program, shots: int) -> Handle | Finished | Failed:
        self.programs.append(program)
        return super().submit(job_id, program, shots)


@pytest.fixture
def job(ledger: Ledger, new_job: Callable[..., NewJob]) -> Job:
    return ledger.submit(new_job(compiled=json.dumps(PROGRAM), parts=3, seed=7, retries=1))


def run(ledger: Ledger, driver: Told, claim: Claim | None = None) -> Outcome:
    claim = claim or ledger.claim("simulator", "worker@a")
    assert claim is not None
    lease = Lease(ledger, claim, 1.5)
    lease.cancel_asked.wait = lambda timeout=None: lease.cancel_asked.is_set()  # type: ignore[method-assign]
    return Attempt(ledger, driver, DEVICE, claim, lease, sleep=lambda seconds: None).run()


def seen(ledger: Ledger, job: Job) -> Job:
    found = ledger.read(job.id)
    assert found is not None
    return found


def rescue(ledger: Ledger, clock: Clock) -> Claim:
    clock.advance(6)
    claim = ledger.claim("simulator", "worker@b")
    assert claim is not None and claim.rescue
    return claim


def begun(ledger: Ledger, part: int = 1) -> Claim:
    """A claim of whose job so many parts are over."""
    claim = ledger.claim("simulator", "worker@a")
    assert claim is not None
    for number in range(part):
        ledger.start(claim.id, claim.fence, f"h{number}")
        outcome = OUTCOMES[number]
        stored = {"counts": outcome.counts, "seed": outcome.seed, "calibration": "monday"}
        ledger.advance(claim.id, claim.fence, number, stored)
    return claim


def test_parts_are_run_in_turn_each_under_an_id_and_a_seed_of_its_own(ledger: Ledger, job: Job) -> None:
    machine = Machine(submit=["h1", Finished(OUTCOMES[1]), "h3"], poll=[DONE], result=[OUTCOMES[0], OUTCOMES[2]])
    assert run(ledger, machine).state is JobState.COMPLETED
    assert machine.ids == [job.id, f"{job.id}.1", f"{job.id}.2"]
    angles = [program.compiled["ops"][0][2] for program in machine.programs]
    assert angles == [[0.5], [2.5], [4.5]]
    assert machine.programs[0].seed == 7 and len({program.seed for program in machine.programs}) == 3
    stored = read_result(ledger, job.id)
    assert stored is not None and stored["counts"] == OUTCOMES[0].counts
    assert [part["counts"] for part in stored["parts"]] == [outcome.counts for outcome in OUTCOMES]
    ended = seen(ledger, job)
    assert [moment.state for moment in ended.history] == ["WAITING", "SUBMITTED", "RUNNING", "COMPLETED"]
    assert (ended.parts_done, ended.parts) == (3, 3)


def test_progress_is_seen_while_it_runs(ledger: Ledger, job: Job) -> None:
    claim = begun(ledger, 2)
    now = seen(ledger, job)
    assert (now.state, now.parts_done, now.parts) == (JobState.RUNNING, 2, 3)
    before = now.version
    ledger.start(claim.id, claim.fence, "h2")
    assert seen(ledger, job).version == before + 1 and seen(ledger, job).attempts[0].handle == "h2"


@pytest.mark.parametrize("caps", [NATIVE, FIND, NONE])
def test_a_rescue_between_parts_runs_those_that_are_left(ledger: Ledger, job: Job, clock: Clock, caps: Caps) -> None:
    begun(ledger)
    machine = Machine(caps, submit=[Finished(OUTCOMES[1]), Finished(OUTCOMES[2])], find=[None])
    if run(ledger, machine, rescue(ledger, clock)).state is JobState.WAITING:
        assert run(ledger, machine).state is JobState.COMPLETED
    assert machine.ids == [f"{job.id}.1", f"{job.id}.2"]
    stored = read_result(ledger, job.id)
    assert stored is not None and [part["seed"] for part in stored["parts"]] == [1, 2, 3]
    assert [attempt.number for attempt in seen(ledger, job).attempts] == [1]


def test_a_rescue_follows_the_handle_of_the_part_in_flight(ledger: Ledger, job: Job, clock: Clock) -> None:
    claim = begun(ledger)
    ledger.start(claim.id, claim.fence, "in-flight")
    machine = Machine(submit=[Finished(OUTCOMES[2])], poll=[DONE], result=[OUTCOMES[1]])
    assert run(ledger, machine, rescue(ledger, clock)).state is JobState.COMPLETED
    assert machine.ids == [f"{job.id}.2"]


def test_a_part_that_may_have_been_handed_over_is_asked_for(ledger: Ledger, job: Job, clock: Clock) -> None:
    claim = begun(ledger)
    ledger.mark(claim.id, claim.fence)
    machine = Machine(FIND, find=["h"], poll=[DONE], submit=["h2"], result=OUTCOMES[1:])
    assert run(ledger, machine, rescue(ledger, clock)).state is JobState.COMPLETED
    assert machine.ids == [f"{job.id}.1", f"{job.id}.2"]


def test_a_part_of_which_nobody_knows_whether_it_ran_is_not_run_again(ledger: Ledger, job: Job, clock: Clock) -> None:
    claim = begun(ledger)
    ledger.mark(claim.id, claim.fence)
    assert run(ledger, Machine(NONE), rescue(ledger, clock)).code == "uncertain"


def test_the_next_attempt_keeps_the_parts_that_are_over(ledger: Ledger, job: Job, clock: Clock) -> None:
    failing = Machine(submit=[Finished(OUTCOMES[0]), Failed("laser-off", "no light")])
    assert run(ledger, failing).state is JobState.WAITING
    clock.advance(1)
    machine = Machine(submit=[Finished(OUTCOMES[1]), Finished(OUTCOMES[2])])
    assert run(ledger, machine).state is JobState.COMPLETED
    assert machine.ids == [f"{job.id}~2.1", f"{job.id}~2.2"]


def test_a_device_that_is_away_between_parts_is_waited_for(ledger: Ledger, job: Job, clock: Clock) -> None:
    machine = Machine(submit=[Finished(OUTCOMES[0]), Unavailable("tea"), *map(Finished, OUTCOMES[1:])])
    assert run(ledger, machine).state is JobState.WAITING
    assert seen(ledger, job).parts_done == 1
    clock.advance(1)
    assert run(ledger, machine).state is JobState.COMPLETED
    assert machine.ids == [job.id, f"{job.id}.1", f"{job.id}.1", f"{job.id}.2"]


def test_a_cancel_between_parts_stops_before_the_next(ledger: Ledger, job: Job) -> None:
    def asked() -> Result:
        ledger.cancel(job.id)
        return OUTCOMES[0]

    machine = Machine(submit=["h"], poll=[DONE], result=[asked], cancel=[CancelAnswer.TOO_LATE])
    assert run(ledger, machine).state is JobState.CANCELLED
    assert machine.ids == [job.id]
    assert [part["seed"] for part in read_parts(ledger, job.id)] == [1]


def test_a_cancel_of_a_rescued_job_between_parts_stops_it(ledger: Ledger, job: Job, clock: Clock) -> None:
    begun(ledger)
    ledger.cancel(job.id)
    machine = Machine(FIND, submit=[Uncertain("never asked")])
    assert run(ledger, machine, rescue(ledger, clock)).state is JobState.CANCELLED
    assert not machine.ids


def test_a_program_compiled_anew_begins_with_its_first_part(ledger: Ledger, job: Job) -> None:
    claim = begun(ledger)
    ledger.put_back(claim.id, claim.fence)
    again = ledger.claim("simulator", "worker@a")
    assert again is not None and again.part == 1
    ledger.mark(again.id, again.fence, json.dumps(PROGRAM))
    assert seen(ledger, job).parts_done == 0 and not read_parts(ledger, job.id)


def test_a_part_is_told_once_and_by_its_holder_alone(ledger: Ledger, job: Job, clock: Clock) -> None:
    claim = begun(ledger)
    ledger.advance(claim.id, claim.fence, 0, {"counts": {"1": 10}})
    assert [part["seed"] for part in read_parts(ledger, job.id)] == [1]
    with pytest.raises(StaleWriter):
        ledger.advance(claim.id, claim.fence, 2, {"counts": {}})
    taken = rescue(ledger, clock)
    with pytest.raises(StaleWriter):
        ledger.advance(claim.id, claim.fence, 1, {"counts": {}})
    ledger.advance(taken.id, taken.fence, 1, {"counts": {}})


def test_each_part_has_the_time_of_a_run(ledger: Ledger, job: Job, clock: Clock) -> None:
    claim = begun(ledger, 1)
    ledger.start(claim.id, claim.fence, "h1")
    running_at = rescue(ledger, clock).running_at
    assert running_at is not None and running_at > seen(ledger, job).attempts[0].started_at


def test_a_result_of_many_outcomes_is_kept_small_and_read_as_it_was() -> None:
    counts = {"counts": {f"{number:020b}": number for number in range(10_000)}}
    kept = packed(counts)
    assert len(kept) < len(json.dumps(counts)) / 3 and unpacked(kept) == counts
    assert unpacked(packed({"counts": {}})) == {"counts": {}}


def test_what_finished_parts_of_a_job_that_fails_gave_is_kept_as_long_as_the_job(
    ledger: Ledger, job: Job, client: fakeredis.FakeRedis
) -> None:
    claim = begun(ledger, 0)
    ledger.advance(claim.id, claim.fence, 0, {"counts": {"1": 10}}, Memory(pack(["1", "0"], 1), 0))
    ledger.fail(claim.id, claim.fence, "code", "why")
    assert read_parts(ledger, job.id) == [{"counts": {"1": 10}}]
    assert read_memory(ledger, job.id, 0, 2) == b"\x01\x00"
    assert not check(ledger, job.id)
    ledger.keep(0)
    assert not [key for key in client.keys("*") if job.id.encode() in key]


def test_ids_of_runs_say_whose_they_are() -> None:
    for attempt in (1, 3):
        for part in (0, 12):
            found = run_id("job", attempt, part)
            assert (attempt_of(found), part_of(found)) == (("job", attempt), part)
    assert len({run_id("job", attempt, part) for attempt in range(1, 30) for part in range(30)}) == 29 * 30


def test_a_program_of_one_circuit_has_one_part_which_is_itself() -> None:
    alone = {**CIRCUIT, "ops": [["rx", [0], [1.5]]]}
    assert parts_of(alone) == ({},) and circuit(alone, 0) == alone
    assert value_of(1.5, {}) == 1.5 and value_of({"a": 2.0, "b": -1.0, "": 3.0}, {"a": 1.0, "b": 5.0}) == 0.0
