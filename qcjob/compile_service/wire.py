"""What the compile service and its zygote say to each other.

    control socket   service -> zygote   an order for each compile, with two descriptors; its end: no more orders
                     zygote -> service   READY once, with a byte that says whether it has a network
    job socket       service -> child    one frame, the request; child -> service: one frame, the answer
    ending pipe      zygote -> service   one frame, an Ending; closed by the service: it wants no answer any more

The child alone holds the other end of the job socket, so that its end is the end of the socket, however it came.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from dataclasses import asdict, dataclass
from typing import Any

READY = b"ready"
NETWORK, NO_NETWORK = b"+", b"-"

MAX_REQUEST_BYTES = 8 * 2**20
"""A source of 1 MiB, each of its characters escaped, and the target of a large device."""

MAX_ANSWER_BYTES = 32 * 2**20
"""100,000 operations of the longest kind, three times over."""

_ORDER = struct.Struct("!dQI")
_LENGTH = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class Order:
    """One compile: the wall-clock seconds and the bytes beyond the zygote's own that its child may use.

    `about` says what it is about, so that whoever stands by next can rehearse for the like.
    """

    seconds: float
    memory_bytes: int
    about: bytes = b""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a child ended: by this signal (0: by itself); `late` where the zygote killed it for its time.

    `peak_bytes` is the most memory it had resident, the zygote's part included.
    """

    signal: int
    late: bool
    seconds: float
    peak_bytes: int


def send_order(control: socket.socket, order: Order, job: int, ending: int) -> None:
    """Hand a compile over, with the child's end of its job socket and the zygote's end of its pipe. Raises OSError."""
    packed = _ORDER.pack(order.seconds, order.memory_bytes, len(order.about))
    socket.send_fds(control, [packed], [job, ending])
    control.sendall(order.about)


def receive_order(control: socket.socket) -> tuple[Order, int, int] | None:
    """The next order with its two descriptors; None when there will be no more."""
    packed, descriptors, _, _ = socket.recv_fds(control, _ORDER.size, 2)
    if not packed:
        return None
    job, ending = descriptors
    seconds, memory_bytes, length = _ORDER.unpack(packed)
    return Order(seconds, memory_bytes, _exactly(control, length)), job, ending


def send_frame(sock: socket.socket, value: Any) -> None:
    """Send a JSON value. Raises OSError when the other side is gone."""
    sock.sendall(frame(value))


def frame(value: Any) -> bytes:
    """A JSON value as it travels: its length, then its text."""
    text = json.dumps(value, separators=(",", ":")).encode()
    return _LENGTH.pack(len(text)) + text


def receive_frame(sock: socket.socket, most_bytes: int) -> Any:
    """The next JSON value. Raises EOFError when the other side ended first, ValueError for one too large or no JSON."""
    (length,) = _LENGTH.unpack(_exactly(sock, _LENGTH.size))
    if length > most_bytes:
        raise ValueError(f"a frame of {length:,} bytes: at most {most_bytes:,} were expected")
    return json.loads(_exactly(sock, length))


def _exactly(sock: socket.socket, size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        chunk = sock.recv(min(size - len(found), 2**20))
        if not chunk:
            raise EOFError("the other side ended")
        found += chunk
    return bytes(found)


def write_ending(pipe: int, ending: Ending) -> None:
    """Say how a child ended. Raises OSError when nobody listens. Short enough for a pipe never to block."""
    os.write(pipe, json.dumps(asdict(ending)).encode())


def read_ending(pipe: int) -> Ending | None:
    """How the child ended; None where the zygote ended too. Waits for it."""
    text = os.read(pipe, 1_024)
    return Ending(**json.loads(text)) if text else None
