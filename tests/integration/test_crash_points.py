"""A process is killed at every point between two calls to the outside, once; then every promise must still hold.

The device is the scripted one: its memory is a folder, and its own log says what it started, whatever the ledger says.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from _pytest.mark import ParameterSet

from qcjob.crashpoints import POINTS
from qcjob.ledger.checkup import Checkup
from qcjob.ledger.pages import list_jobs
from qcjob.ledger.pieces import PIECE_JOBS
from qcjob.lifecycle import TRANSITIONS, JobState
from qcjob.rank import Privileges
from qcjob.security.keys import Keys
from tests.integration.cluster import PROGRAM, Cluster, Process, cluster_in, wait_for

RUN_SECONDS = 0.2

DEVICE = """
[devices.{name}]
driver = "workers.drivers.scripted:Scripted"
submit_timeout = 1
on_uncertain = "{on_uncertain}"
job_options = ["script"]
options = {{ state = "{state}/{name}", log = "{state}/{name}.log", caps = {{ dedup = "{dedup}" }} }}
"""

MOVES = {(state, to) for (state, _), to in TRANSITIONS.items()}


@dataclass(frozen=True)
class Story:
    """What a job goes through, and the calls before and after which its worker is killed, the calls after which it is
    (before them is after the call before, which is another's). `ends`: the states the job may end in."""

    name: str
    device: str
    around: tuple[str, ...]
    after: tuple[str, ...] = ()
    script: dict[str, object] = field(default_factory=dict)
    ends: tuple[str, ...] = ("COMPLETED",)
    cancel: bool = False
    retries: int = 0
    time: int = 1
    options: dict[str, object] = field(default_factory=dict)

    @property
    def points(self) -> list[str]:
        points = [f"{when} {call}" for call in self.around for when in WHEN] + [f"after {call}" for call in self.after]
        return [point if self.time == 1 else f"{point} {self.time}" for point in points]


WHEN = ("before", "after")
A_RUN = ("claim", "device.submit", "start", "device.poll", "device.result", "device.properties", "finish")
LOST = {"submit": "accept crash"}
PARTS: dict[str, object] = {"observables": ["X", "Y", "Z"]}
UNSURE = ("COMPLETED", "FAILED")

STORIES = (
    Story("a run", "native", (*A_RUN, "online", "keep")),
    Story("a long run", "native", ("renew",), script={"duration": 1.2}),
    Story("a busy device", "native", ("put_back",), script={"submit": ["unavailable", "accept"]}),
    Story("a cancel", "native", ("device.cancel",), ("finish",), {"duration": 60}, ends=("CANCELLED",), cancel=True),
    Story("a run that can be found", "find", ("mark",), ("device.submit", "start")),
    Story("a run that cannot", "none", (), ("mark", "device.submit", "start"), ends=UNSURE),
    Story("a rerun", "rerun", (), ("device.submit", "start")),
    Story("a retry", "native", ("put_back",), script={"submit": ["failed", "accept"]}, retries=1),
    Story("a lost child", "find", ("lapse", "device.find"), ("start", "finish"), LOST),
    Story("parts", "native", ("advance",), ("device.submit",), options=PARTS, time=2),
    Story("parts that can be found", "find", (), ("advance", "mark", "device.submit", "start"), options=PARTS, time=2),
    Story("a rescue", "find", ("claim",), script=LOST, time=2),
    Story("a rescue that puts back", "find", (), ("put_back",), {"submit": ["crash", "accept"]}),
)

WALK = [(story, point) for story in STORIES for point in story.points]
WEB_CALLS = (
    *("submit", "exchange", "change_tier", "hold", "move", "direct", "cancel"),
    *("open_session", "read_session", "close_session", "reserve", "unreserve"),
)
BATCH_CALLS = ("batch", "record", "cancel_batch")


@pytest.fixture(scope="module")
def devices(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("crashes")
    kinds = {
        "native": ("native", "fail"),
        "find": ("find", "fail"),
        "none": ("none", "fail"),
        "rerun": ("none", "rerun"),
    }
    toml = 'default = "native"\n' + "".join(
        DEVICE.format(name=name, dedup=dedup, on_uncertain=on_uncertain, state=folder / "devices")
        for name, (dedup, on_uncertain) in kinds.items()
    )
    (folder / "crashes.toml").write_text(toml)
    quick = {"QCJOB_LEASE_SECONDS": "0.9", "QCJOB_KEEPER_SECONDS": "0.1"}
    with cluster_in(folder, QCJOB_DEVICES=str(folder / "crashes.toml"), **quick) as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def nothing_left_over(devices: Cluster) -> Iterator[None]:
    yield
    for process in [process for process in devices.processes if process is not devices.redis]:
        process.end()
        devices.processes.remove(process)


def test_every_point_is_walked() -> None:
    of_the_web = {f"{when} {call}" for call in (*WEB_CALLS, *BATCH_CALLS) for when in WHEN}
    assert {" ".join(point.split()[:2]) for _, point in WALK} | of_the_web == set(POINTS)


def walked(story: Story, point: str) -> ParameterSet:
    """One step of the walk. The middle point of each story is in every run, the others are in `make crash`."""
    in_every_run = point == story.points[len(story.points) // 2]
    return pytest.param(story, point, id=f"{story.name}, {point}", marks=() if in_every_run else pytest.mark.long)


@pytest.mark.parametrize(("story", "point"), [walked(story, point) for story, point in WALK])
def test_a_worker_killed_at_any_point_loses_nothing_and_starts_nothing_twice(
    devices: Cluster, tmp_path: Path, story: Story, point: str
) -> None:
    died, names = tmp_path / "died", itertools.count()
    before = len(devices.starts(story.device))
    script = {"duration": RUN_SECONDS, **story.script}
    job_ids = [devices.submit(story.device, script=script, retries=story.retries, **story.options)]
    job_ids.append(devices.submit(story.device, script={"duration": RUN_SECONDS}))

    def start() -> Process:
        env = {"QCJOB_CRASH_POINT": point, "QCJOB_CRASH_ONCE": str(died)}
        return devices.worker(story.device, f"worker{next(names)}", wait=False, **env)

    worker = start()

    def all_over() -> bool:
        nonlocal worker
        if not worker.lives:
            worker = start()
        job = devices.job(job_ids[0])
        if story.cancel and job.state == "RUNNING" and job.cancel_requested_at is None:
            devices.ledger.cancel(job.id)
        return died.exists() and all(devices.job(job_id).state.is_final for job_id in job_ids)

    wait_for(all_over, within=60, what=f"a death at {point}, and the end of both jobs")
    assert devices.job(job_ids[0]).state in story.ends
    assert devices.job(job_ids[1]).state == "COMPLETED"
    promises_hold(devices, story.device, job_ids, before)


def around(calls: tuple[str, ...]) -> list[ParameterSet]:
    """Before and after each call. One of the two, in turn, is in every run, the other in `make crash`."""
    return [
        pytest.param(when, call, marks=() if (number + side) % 2 else pytest.mark.long)
        for number, call in enumerate(calls)
        for side, when in enumerate(WHEN)
    ]


@pytest.mark.parametrize(("when", "call"), around(WEB_CALLS))
def test_a_web_killed_at_any_point_keeps_what_it_was_told_once(
    devices: Cluster, tmp_path: Path, when: str, call: str
) -> None:
    died = tmp_path / "died"
    told = {"QCJOB_CRASH_POINT": f"{when} {call}", "QCJOB_CRASH_ONCE": str(died)}
    devices.env.update(told)
    url = devices.web()
    operator = {"Authorization": f"Bearer {Keys(devices.client).add('grace', role='operator').secret}"}

    def ask(method: str, path: str, key: str = "", **body: object) -> httpx.Response:
        """As a client does that does not hear an answer: again, with the same key."""
        nonlocal url
        acts = path.startswith("/v1/reservations") or ({"held", "device", "status"} & set(body) and method == "PATCH")
        who = operator if acts else devices.headers
        headers = {**who, **({"Idempotency-Key": f"{tmp_path}{key}"} if key else {})}

        def answer() -> httpx.Response | None:
            nonlocal url
            with contextlib.suppress(httpx.TransportError):
                return httpx.request(method, url + path, headers=headers, json=body or None, timeout=3, trust_env=False)
            wait_for(lambda: not devices.web_process.lives, what="the web ended")
            url = devices.web()
            return None

        answered = wait_for(answer, within=60, what="an answer")
        assert answered is not None
        return answered

    try:
        devices.service.customers.put("alice", Privileges(tier=1))
        known = {job.id for job in list_jobs(devices.ledger, "alice", limit=200).items}
        first, second = (
            ask("POST", "/v1/jobs", key, program=PROGRAM, device="native").json()["id"] for key in ("first", "second")
        )
        assert {found.id for found in list_jobs(devices.ledger, "alice", limit=200).items} - known == {first, second}
        assert ask("PATCH", f"/v1/jobs/{second}", ahead_of=first).json()["queue"]["ahead"] == 0
        assert ask("PATCH", f"/v1/jobs/{second}", tier=2).json()["queue"]["ahead"] == 1
        assert {devices.job(job_id).version for job_id in (first, second)} == {2, 3}
        for held in (True, False):
            assert ask("PATCH", f"/v1/jobs/{first}", held=held).status_code == 200
        assert ask("PATCH", f"/v1/jobs/{first}", device="find").json()["device"] == "find"
        assert [act.what for act in devices.job(first).acts] == ["hold", "release", "move"]
        session = f"/v1/sessions/{ask('POST', '/v1/sessions', device='native').json()['id']}"
        assert ask("GET", session).json()["state"] == "waiting"
        assert {ask("POST", f"{session}/close").json()["closed_because"] for _ in range(2)} == {"owner"}
        window = {"customer": "bob", "device": "native", "from": "2100-01-01T00:00:00Z", "seconds": 60}
        reserved = ask("POST", "/v1/reservations", **window).json()
        assert ask("GET", "/v1/reservations").json()["items"] == [reserved]
        assert ask("DELETE", f"/v1/reservations/{reserved['id']}").status_code in (204, 404)
        assert ask("PATCH", "/v1/devices/native", status="drained").json()["status"] == "maintenance"
        assert ask("PATCH", "/v1/devices/native", status="online").status_code == 200
        for job_id in (first, second):
            assert ask("POST", f"/v1/jobs/{job_id}/cancel").json()["state"] == "CANCELLED"
        assert died.exists()
    finally:
        for name in told:
            del devices.env[name]
        devices.service.customers.remove("alice")
    promises_hold(devices, "native", [first, second], len(devices.starts("native")))


@pytest.mark.parametrize(("when", "call"), around(BATCH_CALLS))
def test_a_web_killed_at_any_point_of_a_batch_halves_none(
    devices: Cluster, tmp_path: Path, when: str, call: str
) -> None:
    """A client that heard no answer asks again, with the same key; before it does, a worker's keeper has gone on."""
    size = 3 * PIECE_JOBS + 2
    told = {"QCJOB_CRASH_POINT": f"{when} {call}", "QCJOB_CRASH_ONCE": str(tmp_path / "died")}
    known = devices.client.zcard("qcjob:batches:alice")
    keeper = devices.worker("rerun")
    devices.env.update(told)
    url = devices.web()

    def ask(path: str, **body: object) -> httpx.Response | None:
        """None where the web died of it; it has been started again then."""
        nonlocal url
        headers = {**devices.headers, "Idempotency-Key": f"{when}-{call}"}
        with contextlib.suppress(httpx.TransportError):
            return httpx.post(url + path, headers=headers, json=body or None, timeout=10, trust_env=False)
        wait_for(lambda: not devices.web_process.lives, what="the web ended")
        return None

    try:
        jobs = [{"program": PROGRAM, "device": "native"}] * size
        answer = ask("/v1/batches", jobs=jobs)
        accepted = devices.client.zcard("qcjob:batches:alice") - known
        assert accepted == (f"{when} {call}" != "before batch")
        if accepted:
            wait_for(lambda: devices.client.zcard("qcjob:ready:native") == size, what="a keeper recorded all of it")
        if answer is None:
            url = devices.web()
            answer = ask("/v1/batches", jobs=jobs)
        assert answer is not None and answer.status_code == 202 and answer.json()["counts"]["WAITING"] == size
        assert devices.client.zcard("qcjob:batches:alice") == known + 1
        job_ids = answer.json()["jobs"]
        assert [devices.job(job_id).ahead for job_id in job_ids] == list(range(size))
        cancel = answer.json()["links"]["cancel"]
        if ask(cancel) is None:
            url = devices.web()
            if when == "before":
                assert ask(cancel) is not None
        wait_for(lambda: devices.client.zcard("qcjob:ready:native") == 0, what="a keeper cancelled all of it")
        assert {devices.job(job_id).state for job_id in job_ids} == {JobState.CANCELLED}
        assert (tmp_path / "died").exists()
    finally:
        for name in told:
            del devices.env[name]
    assert keeper.lives
    promises_hold(devices, "native", job_ids, len(devices.starts("native")))


def promises_hold(cluster: Cluster, device: str, job_ids: list[str], before: int) -> None:
    """What the design promises of jobs that have ended, and of the device that ran them."""
    last_fence = 0
    for job_id in job_ids:
        job = cluster.job(job_id)
        path = [moment.state for moment in job.history]
        assert path[0] == "WAITING" and set(itertools.pairwise(path)) <= MOVES
        assert [state.is_final for state in path].count(True) == 1 and path[-1] is job.state and job.state.is_final
        fences = [[attempt.fence, *(rescue.fence for rescue in attempt.rescues)] for attempt in job.attempts]
        for lost, taken in itertools.pairwise(fences):
            assert max(lost) < min(taken), "fences only grow"
        last_fence = max([last_fence, *itertools.chain(*fences)])
        assert [attempt.outcome for attempt in job.attempts[:-1]] == ["put_back"] * (len(job.attempts) - 1)
        assert not job.attempts or job.attempts[-1].outcome == job.state.lower()
    assert int(cluster.client.get("qcjob:fence") or 0) >= last_fence
    for family in ("ready", "later", "leases"):
        assert cluster.client.zcard(f"qcjob:{family}:{device}") == 0
    assert list(Checkup(cluster.ledger).run()) == []
    _started_as_the_ledger_says(cluster, device, job_ids, before)


def _started_as_the_ledger_says(cluster: Cluster, device: str, job_ids: list[str], before: int) -> None:
    runs = cluster.runs(device)[before:]
    for job_id in job_ids:
        job, mine = cluster.job(job_id), [run for run in runs if run["job_id"] == job_id]
        attempts, parts = {run["attempt"] for run in mine}, [run["part"] for run in mine]
        assert attempts <= {attempt.number for attempt in job.attempts}, "no start without an attempt that says so"
        assert set(Counter((run["attempt"], run["part"]) for run in mine).values()) <= {1}, "an attempt starts it once"
        assert device == "rerun" or len(set(parts)) == len(parts), "never twice unless a rerun was asked for"
        assert job.state != "COMPLETED" or set(parts) == set(range(job.parts))
    for earlier, later in itertools.pairwise(runs):
        stopped = cluster.job(earlier["job_id"]).state == "CANCELLED"
        assert stopped or later["at"] >= earlier["at"] + RUN_SECONDS, "one slot, one run at a time"
