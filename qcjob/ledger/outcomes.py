"""How results lie in Redis: JSON, compressed where that is worth it; and the outcome of every shot, as bytes."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WORTH_BYTES = 4_096
"""Shorter than this, a result is kept as it is."""

_LEVEL = 1
"""Of zlib, the fastest: 110,000 outcomes of 127 bits, 14 MiB of JSON, are 3.2 MiB after half a second."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Packed outcomes (see qcjob.memory), and at which byte of the job's they begin."""

    packed: bytes
    at: int = 0


NO_MEMORY = Memory(b"")


def packed(result: Mapping[str, Any]) -> bytes:
    """A result as it is kept."""
    text = json.dumps(result, separators=(",", ":")).encode()
    return text if len(text) < WORTH_BYTES else zlib.compress(text, _LEVEL)


def unpacked(stored: bytes) -> dict[str, Any]:
    """The inverse of `packed`; JSON begins with a brace, which no zlib stream does."""
    found: dict[str, Any] = json.loads(stored if stored[:1] == b"{" else zlib.decompress(stored))
    return found
