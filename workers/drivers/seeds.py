"""The seed of a run that was given none."""

from __future__ import annotations

import hashlib


def seed_of(job_id: str, seed: int | None) -> int:
    """The job's own seed, or one made from the id submitted: a run is then a pure function of what was submitted.

    Below 2^48 where made here, so that it survives JSON in any language.
    """
    if seed is not None:
        return seed
    return int.from_bytes(hashlib.sha256(job_id.encode()).digest()[:6], "big")


def in_31_bits(seed: int) -> int:
    """Any whole number as one of the 2^31 seeds that Qiskit's simulators take."""
    return int.from_bytes(hashlib.sha256(str(seed).encode()).digest()[:4], "big") >> 1
