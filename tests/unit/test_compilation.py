"""From a checked request to a compiled program: what goes to the compile service, what is kept, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import fakeredis
import pytest
import redis

from qcjob.compile_service import cache as cache_room
from qcjob.compile_service.cache import KEEP_SECONDS, KEY, MOST_BYTES, PLACES, Cache, CacheState
from qcjob.compile_service.request import Request
from qcjob.devices.config import load_devices
from qcjob.devices.presets import heavyhex27, line5
from qcjob.errors import InvalidProgram
from qcjob.languages.openqasm import Limits
from qcjob.ledger import Ledger
from qcjob.service import JobRequest, compilation
from qcjob.service.catalogue import Catalogue
from qcjob.service.compilation import Compilation

SOURCE = "OPENQASM 3; qubit q;"


class Told:
    """A compile service that answers what it is told, and notes what it was asked."""

    def __init__(self, qubits: int = 2) -> None:
        self.asked: list[Request] = []
        self.qubits = qubits

    def compile(self, request: Request) -> dict[str, Any]:
        self.asked.append(request)
        return {"compiled": {"qubits": self.qubits, "layout": [], "ops": []}, "stats": {"depth": 3}}


@pytest.fixture
def make(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> Callable[[Told], tuple[Compilation, Catalogue]]:
    monkeypatch.setattr(compilation, "can_compile", lambda: True)

    def make(service: Told) -> tuple[Compilation, Catalogue]:
        catalogue = Catalogue(load_devices(None), ledger)
        return Compilation(catalogue, service), catalogue  # type: ignore[arg-type]

    return make


def asked(runtime: str = "optimized", device: str = "simulator", **options: Any) -> JobRequest:
    return JobRequest(SOURCE, language="openqasm3", runtime=runtime, device=device, options=options)


Make = Callable[[Told], tuple[Compilation, Catalogue]]


@pytest.mark.parametrize(
    ("runtime", "device", "compiled_as"),
    [
        ("optimized", "simulator", "optimized"),
        ("verbatim", "simulator", "verbatim"),
        ("simulated", "ideal", "simulated"),
        ("echo", "echo", "simulated"),
    ],
)
def test_a_program_is_compiled_for_its_runtime_and_device(
    make: Make, runtime: str, device: str, compiled_as: str
) -> None:
    service = Told()
    made, catalogue = make(service)
    found = made.compile(asked(runtime, device), catalogue.configs[device])
    [request] = service.asked
    assert (request.source, request.language, request.runtime) == (SOURCE, "openqasm3", compiled_as)
    assert (request.target, request.limits, request.level) == (catalogue.target(device), Limits(), None)
    assert found.stats == {"depth": 3}


def test_the_level_asked_for_is_the_transpilers(make: Make) -> None:
    service = Told()
    made, catalogue = make(service)
    made.compile(asked(optimization_level=0), catalogue.configs["simulator"])
    assert service.asked[0].level == 0


def test_without_the_extra_openqasm_is_refused_and_the_answer_says_how_to_get_it(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Told()
    made, catalogue = make(service)
    monkeypatch.setattr(compilation, "can_compile", lambda: False)
    with pytest.raises(InvalidProgram, match=r"pip install 'qcjob\[circuits\]'") as found:
        made.compile(asked(), catalogue.configs["simulator"])
    assert found.value.code == "language-not-available"
    assert not service.asked
    rotations = JobRequest("X(90)", language="rotations", runtime="optimized", device="simulator")
    assert made.compile(rotations, catalogue.configs["simulator"]).program["ops"]


def test_what_is_too_large_to_simulate_compiles_and_is_not_taken(make: Make, ledger: Ledger) -> None:
    made, catalogue = make(Told(qubits=30))
    device = catalogue.configs["simulator"]
    properties = {"target": line5().as_dict(), "job_options": [], "max_simulated_qubits": 29}
    ledger.online("simulator", {"status": "online", "properties": json.dumps(properties)})
    compiled = made.compile(asked(), device)
    with pytest.raises(InvalidProgram, match="uses 30 qubits; simulator can simulate 29") as found:
        made.check_size(compiled, device)
    assert found.value.code == "too-large-to-simulate"


def test_what_fits_is_taken(make: Make) -> None:
    made, catalogue = make(Told(qubits=30))
    device = catalogue.configs["simulator"]
    made.check_size(made.compile(asked(), device), device)


# -- what was compiled before

REQUEST = Request(SOURCE, "openqasm3", "optimized", line5(), Limits())
COMPILED = {"compiled": {"ops": [["sx", [0], []]] * 50}, "stats": {"depth": 1}}


@pytest.fixture
def cache(client: fakeredis.FakeRedis) -> Cache:
    return Cache(client)


def test_what_was_kept_is_found_and_both_are_counted(cache: Cache) -> None:
    assert cache.find(REQUEST) is None
    cache.keep(REQUEST, COMPILED)
    assert cache.find(REQUEST) == COMPILED
    state = cache.state()
    assert (state.hits, state.misses, state.hit_share) == (1, 1, 0.5)


@pytest.mark.parametrize(
    "other",
    [
        Request(SOURCE + " ", "openqasm3", "optimized", line5(), Limits()),
        Request(SOURCE, "openqasm2", "optimized", line5(), Limits()),
        Request(SOURCE, "openqasm3", "verbatim", line5(), Limits()),
        Request(SOURCE, "openqasm3", "optimized", heavyhex27(), Limits()),
        Request(SOURCE, "openqasm3", "optimized", line5(), Limits(operations=5)),
        Request(SOURCE, "openqasm3", "optimized", line5(), Limits(), level=1),
        Request(SOURCE, "openqasm3", "optimized", line5(), Limits(), seed=1),
    ],
)
def test_everything_that_decides_the_outcome_is_in_the_address(cache: Cache, other: Request) -> None:
    cache.keep(REQUEST, COMPILED)
    assert cache.find(other) is None


def test_another_version_of_a_compiler_has_other_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    before = Request(SOURCE, "openqasm3", "optimized", line5(), Limits()).address
    monkeypatch.setattr("qcjob.compile_service.request.versions", lambda: {"qiskit": "99"})
    assert Request(SOURCE, "openqasm3", "optimized", line5(), Limits()).address != before


def test_who_has_the_same_place_takes_it_over_and_is_never_taken_for_the_other(cache: Cache) -> None:
    place = REQUEST.address[:3]
    other = next(
        found
        for found in (Request(f"{SOURCE}//{n}", "openqasm3", "optimized", line5(), Limits()) for n in range(100_000))
        if found.address[:3] == place
    )
    cache.keep(REQUEST, COMPILED)
    assert cache.find(other) is None
    cache.keep(other, COMPILED)
    assert cache.find(REQUEST) is None


def test_the_state_counts_what_is_kept_and_its_bytes_within_the_bounds(
    cache: Cache, client: fakeredis.FakeRedis
) -> None:
    assert cache.state() == CacheState(0, 0, 0, 0) and cache.state().hit_share is None
    others = [Request(f"{SOURCE}//{n}", "openqasm3", "optimized", line5(), Limits()) for n in range(20)]
    for request in others:
        cache.keep(request, COMPILED)
    keys = client.keys(f"{KEY}:*")
    state = cache.state()
    assert state.entries == len(keys) <= 20 and state.bytes == sum(client.strlen(key) for key in keys)
    assert (PLACES, MOST_BYTES) == (4_096, 256 * 2**20), "docs/operating.md has these"


def test_what_nobody_asks_for_expires_and_a_use_renews_it(cache: Cache, client: fakeredis.FakeRedis) -> None:
    cache.keep(REQUEST, COMPILED)
    [key] = client.keys(f"{KEY}:*")
    client.expire(key, 5)
    cache.find(REQUEST)
    assert KEEP_SECONDS - 60 < client.ttl(key) <= KEEP_SECONDS


def test_large_programs_are_not_kept(
    cache: Cache, client: fakeredis.FakeRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_room, "MAX_ENTRY_BYTES", 100)
    cache.keep(REQUEST, COMPILED)
    assert not client.keys(f"{KEY}:*")


def test_nothing_is_kept_when_redis_has_little_memory_to_spare(
    cache: Cache, client: fakeredis.FakeRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "info", lambda section: {"used_memory": 40, "maxmemory": 100})
    cache.keep(REQUEST, COMPILED)
    assert not client.keys(f"{KEY}:*")


def test_a_redis_that_does_not_answer_is_a_miss() -> None:
    server = fakeredis.FakeServer()
    server.connected = False
    gone = fakeredis.FakeRedis(server=server)
    with pytest.raises(redis.ConnectionError):
        gone.ping()
    Cache(gone).keep(REQUEST, COMPILED)
    assert Cache(gone).find(REQUEST) is None


def test_an_entry_that_cannot_be_read_is_a_miss(cache: Cache, client: fakeredis.FakeRedis) -> None:
    client.set(f"{KEY}:{REQUEST.address[:3]}", REQUEST.address + "rubbish")
    assert cache.find(REQUEST) is None
