"""A batch is accepted whole, by one script, and its jobs are recorded piece by piece, so that no script runs long.

What is not recorded yet is kept beside the batch until it is: whoever comes by, the web that accepted it, one that is
asked for it or a keeper, records the next piece. A piece is recorded once, and in its turn.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Sequence

import redis

from qcjob.ledger.records import COMPILED_AT, PROGRAM_AT
from qcjob.ledger.scripts import PREFIX, Scripts, reaching
from qcjob.logs import get_logger

log = get_logger(__name__)

PIECE_JOBS = 25
PIECE_BYTES = 256 * 1024
"""Of programs, source and compiled: about what one script handles in a millisecond, as it does 25 small jobs."""

_LEVEL = 1  # of zlib, the fastest

Arguments = list[str | int | bytes]


def cut(jobs: Sequence[Arguments], most: int = PIECE_JOBS) -> Iterator[list[Arguments]]:
    """Jobs, each as accept.lua reads it, in pieces; a job larger than a piece is one by itself."""
    piece: list[Arguments] = []
    size = 0
    for job in jobs:
        texts = len(str(job[COMPILED_AT])) + len(str(job[PROGRAM_AT]))
        if piece and (len(piece) == most or size + texts > PIECE_BYTES):
            yield piece
            piece, size = [], 0
        piece.append(job)
        size += texts
    if piece:
        yield piece


def kept(pieces: Sequence[Sequence[Arguments]]) -> bytes:
    """Pieces as they lie in Redis until they are recorded; nothing for none."""
    if not pieces:
        return b""
    plain = [[[_plain(part) for part in job] for job in piece] for piece in pieces]
    return zlib.compress(json.dumps(plain, separators=(",", ":")).encode(), _LEVEL)


def record(scripts: Scripts, batch_id: str, recorded: int, pieces: Sequence[Sequence[Arguments]]) -> None:
    """Record pieces that follow on so many jobs; those that somebody else has recorded meanwhile are left alone."""
    calls: list[Sequence[str | int | bytes]] = []
    for piece in pieces:
        calls.append([batch_id, recorded, *(part for job in piece for part in job)])
        recorded += len(piece)
    if calls:
        scripts.call_each("record", calls)


def carry_on(client: redis.Redis, scripts: Scripts, batch_id: str) -> None:
    """Finish what was begun: record the jobs that are not recorded yet; where a cancel was asked for, cancel the rest.

    What was kept and is gone, which the checkup finds, is logged. Raises LedgerUnavailable.
    """
    with reaching():
        pipe = client.pipeline(transaction=False)
        pipe.hmget(f"{PREFIX}batch:{batch_id}", "jobs", "recorded", "cancel")
        pipe.get(f"{PREFIX}pending:{batch_id}")
        (jobs, recorded, cancel), pending = pipe.execute()
    if jobs is None:
        return
    if recorded != jobs:
        if pending is None:
            log.error("jobs of a batch are lost", batch_id=batch_id, recorded=int(recorded), jobs=int(jobs))
            return
        pieces = _unkept(pending)
        at, left = int(jobs) - sum(len(piece) for piece in pieces), []
        for piece in pieces:
            if at >= int(recorded):
                left.append(piece)
            at += len(piece)
        record(scripts, batch_id, int(recorded), left)
    if cancel is not None:
        cancel_rest(scripts, batch_id)


def cancel_rest(scripts: Scripts, batch_id: str, customer: str = "", word: Sequence[str] = ()) -> bytes | None:
    """Cancel, or ask to stop, the jobs of a recorded batch that were not asked yet, so many at a time; by the word of
    an operator, if any.

    What stopped it: `ok`, `refused` or `recording`, see cancel_batch.lua; None where there is no such batch.
    """
    while True:
        answer = scripts.call("cancel_batch", batch_id, customer, PIECE_JOBS, *word)
        if not answer:
            return None
        if answer[0] != b"ok" or answer[1] == 0:
            said: bytes = answer[0]
            return said


def _plain(part: str | int | bytes) -> str | int:
    return part.decode("utf-8", "surrogatepass") if isinstance(part, bytes) else part


def _unkept(stored: bytes) -> list[list[Arguments]]:
    pieces: list[list[Arguments]] = json.loads(zlib.decompress(stored))
    for piece in pieces:
        for job in piece:
            job[PROGRAM_AT] = str(job[PROGRAM_AT]).encode("utf-8", "surrogatepass")
    return pieces
