"""Sessions and reservations through the whole stack: whom a real worker runs next, and who closes what is over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qcjob.security.caller import OPERATOR, Caller
from qcjob.service import JobRequest
from qcjob.service.operating import Operating
from qcjob.service.reservations import Reservations
from qcjob.service.sessions import Sessions
from tests.integration.cluster import PROGRAM, Cluster, cluster_in, wait_for

ALICE, BOB, GRACE = Caller("alice", "k"), Caller("bob", "k"), Caller("grace", "k", role=OPERATOR)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster_in(tmp_path_factory.mktemp("sessions"), QCJOB_KEEPER_SECONDS="0.2") as cluster:
        yield cluster


def send(cluster: Cluster, caller: Caller, session: str | None = None) -> str:
    return cluster.service.submit(caller, JobRequest(PROGRAM, device="scripted", shots=100, session=session)).id


def test_a_worker_runs_sessions_and_windows_in_their_turn_and_ends_them(cluster: Cluster) -> None:
    sessions, reservations = Sessions(cluster.service, cluster.ledger), Reservations(cluster.service, cluster.ledger)
    session = sessions.open(ALICE, "scripted", max_seconds=600, idle_seconds=1)
    bobs, mine = [], []
    for _ in range(3):
        bobs.append(send(cluster, BOB))
        mine.append(send(cluster, ALICE, session.id))
    cluster.worker("scripted")
    cluster.wait_all([*bobs, *mine], within=30)
    assert cluster.starts("scripted") == [bobs[0], *mine, *bobs[1:]]
    closed = wait_for(
        lambda: cluster.client.hget(f"qcjob:session:{session.id}", "why"), what="a worker's keeper closes it"
    )
    assert closed == b"idle"
    told = sessions.read(ALICE, session.id)
    assert told.jobs["COMPLETED"] == 3 and told.closed_at is not None and told.activated_at is not None

    before = len(cluster.starts("scripted"))
    operating = Operating(cluster.service, cluster.ledger)
    operating.direct(GRACE, "scripted", "drained")
    bobs, mine = [send(cluster, BOB) for _ in range(2)], [send(cluster, ALICE) for _ in range(2)]
    reservations.add(GRACE, "alice", "scripted", seconds=600)
    operating.direct(GRACE, "scripted", "online")
    cluster.wait_all([*bobs, *mine], within=30)
    assert cluster.starts("scripted")[before:] == [*mine, *bobs], "others run, the device does not idle"
