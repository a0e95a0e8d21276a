"""Batches in the ledger: accepted whole, recorded piece by piece in their order, counted, cancelled and forgotten."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import fakeredis
import pytest
import redis

from qcjob.batch import Batch, NewBatch
from qcjob.errors import InvalidRequest, LedgerUnavailable, QuotaDeviceSeconds, QuotaJobsWaiting
from qcjob.ids import new_job_id
from qcjob.job import NewJob
from qcjob.ledger import Ledger
from qcjob.ledger.batches import Batches
from qcjob.ledger.checkup import Checkup
from qcjob.ledger.pieces import PIECE_BYTES, PIECE_JOBS, cut
from qcjob.ledger.records import arguments_of
from qcjob.ledger.stored import read_program
from qcjob.lifecycle import JobState
from qcjob.rank import Privileges
from tests.unit.conftest import Clock
from tests.unit.door import HOUSE

Build = Callable[..., NewJob]
MakeBatch = Callable[..., NewBatch]
MANY = 2 * PIECE_JOBS + 3
COUNTS = {"counts": {"0": 10}, "seed": 1, "compiler": "qcjob", "calibration": None}


@pytest.fixture
def batches(ledger: Ledger) -> Batches:
    return Batches(ledger)


@pytest.fixture
def new_batch(new_job: Build) -> MakeBatch:
    def build(
        count: int = MANY, devices: Sequence[str] = ("simulator",), customer: str = "alice", **of_job: Any
    ) -> Any:
        batch_id = new_job_id()
        jobs = tuple(
            new_job(batch=batch_id, index=number, device=devices[number % len(devices)], customer=customer, **of_job)
            for number in range(count)
        )
        return NewBatch(batch_id, customer, jobs, count)

    return build


class Sound(Checkup):
    """Without its look at the server's own settings, which fakeredis has not."""

    def _redis(self) -> Any:
        return ()


def findings(ledger: Ledger) -> list[str]:
    return [f"{found.where}: {found.what}" for found in Sound(ledger).run()]


def counted(batch: Batch | None) -> dict[str, int]:
    assert batch is not None
    return {str(state): count for state, count in batch.counts.items() if count}


def submit_and_die(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, new: NewBatch, key: str | None = None, **privileges: int
) -> None:
    """The web dies when the first piece of the batch is recorded."""

    def dies(name: str, calls: Sequence[Any]) -> Any:
        raise LedgerUnavailable("as a process does that was killed")

    with monkeypatch.context() as patch:
        patch.setattr(ledger.scripts, "call_each", dies)
        with pytest.raises(LedgerUnavailable):
            Batches(ledger).submit(new, idempotency_key=key, privileges=Privileges(**privileges))


def claim_all(ledger: Ledger, device: str, count: int) -> list[str]:
    ledger.online(device, {"slots": str(count)})
    claims = [ledger.claim(device, "worker@a") for _ in range(count)]
    return [claim.id for claim in claims if claim is not None]


def test_a_batch_is_accepted_and_every_job_is_as_if_it_had_come_alone(
    ledger: Ledger, batches: Batches, new_batch: MakeBatch, new_job: Build
) -> None:
    new = new_batch()
    batch = batches.submit(new)
    assert (batch.id, batch.state, batch.size, batch.done, batch.version) == (new.id, JobState.WAITING, MANY, 0, 1)
    assert batches.read(batch.id) == batch
    for place, job in enumerate(new.jobs):
        found = ledger.read(job.id)
        assert found is not None and (found.batch, found.index, found.ahead) == (batch.id, place, place)
        assert read_program(ledger, job.id) == (job.program, job.compiled)
    alone = ledger.submit(new_job())
    last = ledger.read(new.jobs[-1].id)
    assert last is not None
    assert replace(last, id="", batch=None, index=0, ahead=0, created_at=0, updated_at=0, history=()) == replace(
        alone, id="", ahead=0, created_at=0, updated_at=0, history=()
    )
    assert alone.ahead == MANY
    assert findings(ledger) == []


def test_jobs_of_a_batch_keep_their_order_on_every_device(
    ledger: Ledger, batches: Batches, new_batch: MakeBatch
) -> None:
    new = new_batch(devices=("left", "right"), cost=7)
    batches.submit(new)
    for device in ("left", "right"):
        wanted = [job.id for job in new.jobs if job.device == device]
        assert claim_all(ledger, device, MANY) == wanted


def test_ranks_are_those_of_jobs_one_after_another(
    ledger: Ledger, batches: Batches, new_batch: MakeBatch, new_job: Build
) -> None:
    """What one customer's batch costs is charged as if its jobs had come singly: another's job goes before the rest."""
    costs = [5, 1, 900, 30, 30]
    new = new_batch(len(costs))
    jobs = tuple(replace(job, cost=cost) for job, cost in zip(new.jobs, costs, strict=True))
    batches.submit(replace(new, jobs=jobs))
    for cost in costs:
        ledger.submit(new_job(customer="bob", device="other", cost=cost))
    client: Any = ledger.client
    scores = [score for _, score in client.zrange("qcjob:ready:simulator", 0, -1, withscores=True)]
    singly = [score for _, score in client.zrange("qcjob:ready:other", 0, -1, withscores=True)]
    assert scores == singly
    assert client.hget("qcjob:fair:simulator", "2:alice") == client.hget("qcjob:fair:other", "2:bob")


def test_a_batch_wakes_as_many_slots_as_are_free(ledger: Ledger, batches: Batches, new_batch: MakeBatch) -> None:
    ledger.online("simulator", {"slots": "4", "status": "online"})
    batches.submit(new_batch())
    assert ledger.client.llen("simulator") >= 4
    before = ledger.client.llen("simulator")
    ledger.keep(3600)
    assert ledger.client.llen("simulator") == before, "the keeper has nothing to add"


def test_a_batch_whose_web_died_in_the_middle_is_finished_by_the_keeper(
    ledger: Ledger, batches: Batches, new_batch: MakeBatch, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = new_batch()
    submit_and_die(ledger, monkeypatch, new)
    assert ledger.client.zcard("qcjob:ready:simulator") == PIECE_JOBS
    assert findings(ledger) == [], "a keeper goes on: nothing is wrong"
    ledger.keep(3600)
    assert ledger.client.zcard("qcjob:ready:simulator") == PIECE_JOBS, "the web may yet go on by itself"
    clock.advance(1.1)
    ledger.keep(3600)
    assert claim_all(ledger, "simulator", MANY) == [job.id for job in new.jobs]
    assert not ledger.client.exists(f"qcjob:pending:{new.id}", "qcjob:unfinished")
    assert counted(batches.read(new.id)) == {"SUBMITTED": MANY}
    assert findings(ledger) == []


def test_whoever_asks_for_a_batch_that_was_left_in_the_middle_finishes_it(
    ledger: Ledger, batches: Batches, new_batch: MakeBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = new_batch()
    submit_and_die(ledger, monkeypatch, new, key="k")
    assert batches.submit(new_batch(), idempotency_key="k").id == new.id
    assert ledger.client.zcard("qcjob:ready:simulator") == MANY
    assert [job.id for job in batches.read_jobs(new.id, 0, 1000).items] == [job.id for job in new.jobs]


def test_a_piece_that_comes_twice_or_out_of_turn_is_left_alone(
    ledger: Ledger, batches: Batches, new_batch: MakeBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = new_batch()
    calls: list[Any] = []
    with monkeypatch.context() as patch:
        patch.setattr(ledger.scripts, "call_each", lambda name, given: calls.extend(given))
        batches.submit(new)
    for call in (calls[1], calls[0], calls[0], calls[1], calls[1]):
        ledger.scripts.call("record", *call)
    assert ledger.client.zcard("qcjob:ready:simulator") == MANY
    assert claim_all(ledger, "simulator", MANY) == [job.id for job in new.jobs]


def test_the_same_batch_again_is_the_batch_that_was(ledger: Ledger, batches: Batches, new_batch: MakeBatch) -> None:
    new = new_batch(3)
    first = batches.submit(new, idempotency_key="k")
    assert batches.submit(new) == first
    assert batches.submit(new_batch(3), idempotency_key="k") == first
    assert batches.find_idempotent("alice", "k") == first
    assert batches.find_idempotent("bob", "k") is None
    assert ledger.find_idempotent("alice", "k") is None, "a batch's key is not a job's"
    assert ledger.client.zcard("qcjob:ready:simulator") == 3


def test_quotas_count_the_whole_batch_and_refuse_it_whole(
    ledger: Ledger, batches: Batches, new_batch: MakeBatch, new_job: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = Privileges(jobs_waiting=MANY + 1)
    ledger.submit(new_job(), privileges=few)
    with pytest.raises(QuotaJobsWaiting, match=f"1 of your jobs wait already, and the batch has {MANY + 1}"):
        batches.submit(new_batch(MANY + 1), privileges=few)
    with pytest.raises(QuotaDeviceSeconds, match="this batch is thought to need"):
        batches.submit(new_batch(6, cost=100_000), privileges=Privileges(device_seconds=0))
    assert ledger.client.zcard("qcjob:ready:simulator") == 1
    assert not list(ledger.client.scan_iter("qcjob:batch*"))
    submit_and_die(ledger, monkeypatch, new_batch(MANY), jobs_waiting=MANY + 1)
    with pytest.raises(QuotaJobsWaiting, match=f"{MANY + 1} of your jobs wait already"):
        ledger.submit(new_job(), privileges=few)  # those not recorded yet are counted


def test_a_deadline_that_is_past_refuses_the_batch(ledger: Ledger, batches: Batches, new_batch: MakeBatch) -> None:
    new = new_batch(3)
    late = (*new.jobs[:2], replace(new.jobs[2], not_after=ledger.now() - 1))
    with pytest.raises(InvalidRequest):
        batches.submit(replace(new, jobs=late))
    assert not ledger.client.exists("qcjob:ready:simulator")


def test_progress_is_counted_as_jobs_move(ledger: Ledger, batches: Batches, new_batch: MakeBatch) -> None:
    new = new_batch(4)
    batches.submit(new)
    ledger.online("simulator", {"slots": "4"})
    states = []

    def look() -> None:
        batch = batches.read(new.id)
        assert batch is not None
        states.append((str(batch.state), batch.done))

    look()
    first, second, third = (ledger.claim("simulator", "w") for _ in range(3))
    assert first and second and third
    look()
    ledger.complete(first.id, first.fence, COUNTS)
    ledger.put_back(third.id, third.fence)
    assert counted(batches.read(new.id)) == {"WAITING": 2, "SUBMITTED": 1, "COMPLETED": 1}
    ledger.fail(second.id, second.fence, "code", "message")
    for _ in range(2):
        claim = ledger.claim("simulator", "w")
        assert claim
        ledger.complete(claim.id, claim.fence, COUNTS)
        look()
    assert states == [("WAITING", 0), ("RUNNING", 0), ("RUNNING", 3), ("FAILED", 4)]
    assert findings(ledger) == []


def test_a_change_of_a_job_is_told_of_its_batch_too(ledger: Ledger, batches: Batches, new_batch: MakeBatch) -> None:
    new = new_batch(1)
    batches.submit(new)
    ledger.cancel(new.jobs[0].id)
    entries: Any = ledger.client.xrange("qcjob:changes")
    assert [fields[b"batch"].decode() for _, fields in entries] == [new.id] * 2


def test_cancelling_a_batch_cancels_what_waits_and_asks_what_runs_to_stop(
    ledger: Ledger, batches: Batches, new_batch: MakeBatch, new_job: Build
) -> None:
    new = new_batch()
    batches.submit(new)
    another = ledger.submit(new_job())
    ledger.online("simulator", {"slots": "2"})
    done, running = ledger.claim("simulator", "w"), ledger.claim("simulator", "w")
    assert done and running
    ledger.complete(done.id, done.fence, COUNTS)
    assert batches.cancel(new.id, customer="bob") is None
    batch = batches.cancel(new.id, customer="alice")
    assert batch is not None and batch.cancel_requested_at is not None
    assert counted(batch) == {"COMPLETED": 1, "SUBMITTED": 1, "CANCELLED": MANY - 2}
    job = ledger.read(running.id)
    assert job is not None and job.cancel_requested_at is not None
    left = ledger.read(another.id)
    assert left is not None and left.ahead == 0
    assert batches.cancel(new.id, customer="alice") == batch, "asked again, nothing changes"
    ledger.cancelled(running.id, running.fence)
    ended = batches.read(new.id)
    assert ended is not None and ended.state is JobState.CANCELLED
    assert findings(ledger) == []


def test_a_cancel_whose_web_died_in_the_middle_is_finished_by_the_keeper(
    ledger: Ledger, batches: Batches, new_batch: MakeBatch, clock: Clock
) -> None:
    new = new_batch()
    batches.submit(new)
    ledger.scripts.call("cancel_batch", new.id, "alice", 10)
    assert counted(batches.read(new.id)) == {"WAITING": MANY - 10, "CANCELLED": 10}
    clock.advance(1.1)
    ledger.keep(3600)
    assert counted(batches.read(new.id)) == {"CANCELLED": MANY}
    assert not ledger.client.exists("qcjob:unfinished")


def test_the_word_of_an_operator_stays_with_a_batch_whoever_goes_on(
    ledger: Ledger, batches: Batches, new_batch: MakeBatch, clock: Clock
) -> None:
    new = new_batch()
    batches.submit(new)
    ledger.scripts.call("cancel_batch", new.id, "", 10, "grace", "k9", "it is too hot")
    clock.advance(1.1)
    ledger.keep(3600)
    assert counted(batches.read(new.id)) == {"CANCELLED": MANY}
    for job in batches.read_jobs(new.id, 0, MANY).items:
        assert [(act.by, act.what, act.before, act.why) for act in job.acts] == [
            ("grace", "cancel", "WAITING", "it is too hot")
        ]
    assert ledger.client.xlen("qcjob:audit") == 1


def test_a_batch_cancelled_before_it_was_recorded_is_recorded_and_cancelled(
    ledger: Ledger, batches: Batches, new_batch: MakeBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = new_batch()
    submit_and_die(ledger, monkeypatch, new)
    assert counted(batches.cancel(new.id, customer="alice")) == {"CANCELLED": MANY}
    assert not ledger.client.exists("qcjob:unfinished", "qcjob:ready:simulator")
    assert findings(ledger) == []


def test_a_batch_is_kept_as_long_as_any_of_its_jobs(
    ledger: Ledger, batches: Batches, new_batch: MakeBatch, clock: Clock
) -> None:
    new = new_batch(2)
    batches.submit(new, idempotency_key="k")
    ledger.cancel(new.jobs[0].id)
    clock.advance(3601)
    ledger.keep(3600)
    assert ledger.read(new.jobs[0].id) is None
    assert counted(batches.read(new.id)) == {"WAITING": 1, "CANCELLED": 1}
    assert [job.id for job in batches.read_jobs(new.id, 0, 10).items] == [new.jobs[1].id]
    assert findings(ledger) == []
    ledger.cancel(new.jobs[1].id)
    clock.advance(3601)
    ledger.keep(3600)
    assert batches.read(new.id) is None
    assert batches.list("alice", limit=10) == ([], None)
    assert not [key for key in ledger.client.scan_iter("*") if b"batch" in key or b"idempotency" in key]


def test_batches_are_listed_newest_first_a_page_at_a_time(batches: Batches, new_batch: MakeBatch) -> None:
    made = [batches.submit(new_batch(1)).id for _ in range(5)]
    batches.submit(new_batch(1, customer="bob"))
    found, cursor = [], None
    for _ in range(3):
        page, cursor = batches.list("alice", limit=2, cursor=cursor)
        found += [batch.id for batch in page]
    assert found == made[::-1] and cursor is None


def test_the_checkup_finds_and_mends_what_a_batch_was_told_wrongly(
    ledger: Ledger, batches: Batches, new_batch: MakeBatch, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, halved = new_batch(3), new_batch()
    batches.submit(whole)
    submit_and_die(ledger, monkeypatch, halved)
    client = ledger.client
    client.hset(f"qcjob:batch:{whole.id}", mapping={"WAITING": 9, "kept": 2})
    client.zrem("qcjob:batches:alice", whole.id)
    client.delete("qcjob:unfinished")
    client.set(f"qcjob:pending:{new_job_id()}", "")
    assert len(findings(ledger)) == 5
    list(Sound(ledger, repair=True).run())
    assert findings(ledger) == []
    clock.advance(1)
    ledger.keep(3600)
    assert client.zcard("qcjob:ready:simulator") == 3 + MANY


def test_jobs_of_a_batch_that_are_lost_are_found_and_stop_nobody(
    ledger: Ledger, batches: Batches, new_batch: MakeBatch, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = new_batch()
    submit_and_die(ledger, monkeypatch, new)
    ledger.client.delete(f"qcjob:pending:{new.id}")
    assert findings(ledger) == [f"batch {new.id}: has lost jobs that were not recorded yet"]
    clock.advance(1.1)
    assert ledger.keep(3600) == frozenset()
    assert batches.read(new.id) is not None


def test_pieces_are_bounded_in_jobs_and_in_bytes(new_job: Build) -> None:
    small = [arguments_of(new_job(), 1.0) for _ in range(3 * PIECE_JOBS)]
    large = [arguments_of(new_job(program="X(90)," * (PIECE_BYTES // 12)), 1.0) for _ in range(3)]
    assert [len(piece) for piece in cut([*small, *large])] == [PIECE_JOBS] * 3 + [1, 1, 1]


def test_texts_that_are_no_unicode_are_recorded_as_they_came(
    ledger: Ledger, batches: Batches, new_batch: MakeBatch
) -> None:
    new = new_batch(program="X(90) # \ud800")
    batches.submit(new)
    found = read_program(ledger, new.jobs[-1].id)
    assert found is not None and found[0] == "X(90) # \ud800"


def test_texts_that_are_no_unicode_survive_until_a_keeper_records_them(
    ledger: Ledger, new_batch: MakeBatch, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = new_batch(program="X(90) # \ud800", compiled='{"é":1}')
    submit_and_die(ledger, monkeypatch, new)
    clock.advance(1.1)
    ledger.keep(3600)
    assert read_program(ledger, new.jobs[-1].id) == ("X(90) # \ud800", '{"é":1}')


@pytest.mark.parametrize("batch_id", ["", "x", "../jobs", "01a20c7e-5726-747c-bc98-91e7d6a992b5"])
def test_an_unknown_batch_is_none(batches: Batches, batch_id: str) -> None:
    assert batches.read(batch_id) is None
    assert batches.cancel(batch_id, customer="alice") is None


def test_a_full_redis_is_not_a_lost_batch(
    ledger: Ledger, batches: Batches, new_batch: MakeBatch, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be recorded now is recorded later, and the keeper's other work goes on meanwhile."""
    new = new_batch()
    submit_and_die(ledger, monkeypatch, new)
    clock.advance(1.1)
    call: Any = fakeredis.FakeRedis.pipeline

    def full(self: Any, *args: Any, **kwargs: Any) -> Any:
        raise redis.ResponseError("OOM command not allowed when used memory > 'maxmemory'")

    with monkeypatch.context() as patch:
        patch.setattr(type(ledger.client), "pipeline", full)
        assert ledger.keep(3600, [("01a20c7e-5726-747c-bc98-91e7d6a992b5", 1)])
    assert type(ledger.client).pipeline is call
    ledger.keep(3600)
    assert ledger.client.zcard("qcjob:ready:simulator") == MANY


def test_every_process_has_the_same_scripts() -> None:
    """Else Redis keeps as many of each as there are orders of a set, and nobody can say which one took long."""
    ask = "from qcjob.ledger.scripts import NAMES, source; print(*map(source, NAMES))"
    found = {
        subprocess.run(
            [sys.executable, "-c", ask], env={"PYTHONHASHSEED": str(seed)}, cwd=HOUSE, capture_output=True, check=True
        ).stdout
        for seed in range(3)
    }
    assert len(found) == 1


def test_what_a_batch_that_is_refused_would_have_kept_is_gone(
    ledger: Ledger, batches: Batches, new_batch: MakeBatch
) -> None:
    with pytest.raises(QuotaJobsWaiting):
        batches.submit(new_batch(), privileges=Privileges(jobs_waiting=1))
    first = batches.submit(new_batch(), idempotency_key="k")
    assert batches.submit(new_batch(), idempotency_key="k") == first
    assert not list(ledger.client.scan_iter("qcjob:pending:*"))


def test_a_batch_that_is_being_accepted_is_no_finding_and_one_that_never_was_passes(
    ledger: Ledger, new_batch: MakeBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: Any) -> Any:
        raise LedgerUnavailable("as a process does that was killed")

    new = new_batch()
    monkeypatch.setattr(ledger.scripts, "call", dies)
    with pytest.raises(LedgerUnavailable):
        Batches(ledger).submit(new)
    monkeypatch.undo()
    assert 0 < ledger.client.ttl(f"qcjob:pending:{new.id}") <= 600
    assert findings(ledger) == []


def test_a_batch_whose_rest_is_gone_is_not_accepted(
    ledger: Ledger, batches: Batches, new_batch: MakeBatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(ledger.client), "set", lambda *_, **__: True)
    with pytest.raises(LedgerUnavailable, match="gone"):
        batches.submit(new_batch())
    assert not ledger.client.keys("qcjob:batch*")
