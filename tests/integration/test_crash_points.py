"""A process is killed at every point between two calls to the outside, once; then every promise must still hold.

The device is the scripted one: its memory is a folder, and its own log says what it started, whatever the ledger says.
"""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from _pytest.mark import ParameterSet

from qcjob.crashpoints import POINTS
from qcjob.ledger.checkup import Checkup
from qcjob.lifecycle import TRANSITIONS
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
    time: int = 1

    @property
    def points(self) -> list[str]:
        points = [f"{when} {call}" for call in self.around for when in WHEN] + [f"after {call}" for call in self.after]
        return [point if self.time == 1 else f"{point} {self.time}" for point in points]


WHEN = ("before", "after")
A_RUN = ("claim", "device.submit", "start", "device.poll", "device.result", "device.properties", "finish")
LOST = {"submit": "accept crash"}
UNSURE = ("COMPLETED", "FAILED")

STORIES = (
    Story("a run", "native", (*A_RUN, "online", "keep")),
    Story("a long run", "native", ("renew",), script={"duration": 1.2}),
    Story("a busy device", "native", ("put_back",), script={"submit": ["unavailable", "accept"]}),
    Story("a cancel", "native", ("device.cancel",), ("finish",), {"duration": 60}, ends=("CANCELLED",), cancel=True),
    Story("a run that can be found", "find", ("mark",), ("device.submit", "start")),
    Story("a run that cannot", "none", (), ("mark", "device.submit", "start"), ends=UNSURE),
    Story("a rerun", "rerun", (), ("device.submit", "start")),
    Story("a lost child", "find", ("lapse", "device.find"), ("start", "finish"), LOST),
    Story("a rescue", "find", ("claim",), script=LOST, time=2),
    Story("a rescue that puts back", "find", (), ("put_back",), {"submit": ["crash", "accept"]}),
)

WALK = [(story, point) for story in STORIES for point in story.points]
WEB_CALLS = ("submit", "cancel")


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
    of_the_web = {f"{when} {call}" for call in WEB_CALLS for when in WHEN}
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
    job_ids = [devices.submit(story.device, script={"duration": RUN_SECONDS, **story.script})]
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

    wait_for(all_over, within=25, what=f"a death at {point}, and the end of both jobs")
    assert devices.job(job_ids[0]).state in story.ends
    assert devices.job(job_ids[1]).state == "COMPLETED"
    promises_hold(devices, story.device, job_ids, before)


@pytest.mark.parametrize("call", WEB_CALLS)
@pytest.mark.parametrize("when", WHEN)
def test_a_web_killed_at_any_point_keeps_what_it_was_told_once(
    devices: Cluster, tmp_path: Path, when: str, call: str
) -> None:
    died = tmp_path / "died"
    told = {"QCJOB_CRASH_POINT": f"{when} {call}", "QCJOB_CRASH_ONCE": str(died)}
    devices.env.update(told)
    url = devices.web()

    def ask(path: str, **body: object) -> httpx.Response:
        """As a client does that does not hear an answer: again, with the same key."""
        nonlocal url
        headers = {**devices.headers, "Idempotency-Key": str(tmp_path)}

        def answer() -> httpx.Response | None:
            nonlocal url
            with contextlib.suppress(httpx.TransportError):
                return httpx.post(url + path, headers=headers, json=body or None, timeout=3, trust_env=False)
            wait_for(lambda: not devices.web_process.lives, what="the web ended")
            url = devices.web()
            return None

        answered = wait_for(answer, within=20, what="an answer")
        assert answered is not None
        return answered

    try:
        known = {job.id for job in devices.ledger.list("alice", limit=200).items}
        job = ask("/v1/jobs", program=PROGRAM, device="native").json()
        assert {found.id for found in devices.ledger.list("alice", limit=200).items} - known == {job["id"]}
        assert ask(f"/v1/jobs/{job['id']}/cancel").json()["state"] == "CANCELLED"
        assert died.exists()
    finally:
        for name in told:
            del devices.env[name]
    promises_hold(devices, "native", [job["id"]], len(devices.starts("native")))


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
    log = cluster.state / f"{device}.log"
    lines = [json.loads(line) for line in log.read_text().splitlines()][before:] if log.exists() else []
    for job_id in job_ids:
        job, started = cluster.job(job_id), [line["job_id"] for line in lines].count(job_id)
        assert started <= len(job.attempts), "no start without an attempt that says so"
        assert device == "rerun" or started <= 1, "never twice unless a rerun was asked for"
        assert job.state != "COMPLETED" or started >= 1
    for earlier, later in itertools.pairwise(lines):
        stopped = cluster.job(earlier["job_id"]).state == "CANCELLED"
        assert stopped or later["at"] >= earlier["at"] + RUN_SECONDS, "one slot, one run at a time"
