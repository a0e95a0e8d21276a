"""A TCP proxy on loopback in front of a Unix socket, for faults of the network between a process and Redis."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading
from pathlib import Path

HOST = "127.0.0.1"
_TICK_SECONDS = 0.2
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER on, for 0 seconds: close sends RST, as a cut cable's other side would see."""


class Proxy:
    """Forwards every connection to its `port`, each by a thread of its own, until it is told otherwise.

    cut        connections are reset, and new ones too, until `mend`
    silence    nothing passes, in either direction, and nobody is told; what was sent arrives after `mend`
    half_open  the connections there are stay open and carry nothing any more; new ones are served
    """

    def __init__(self, upstream: Path) -> None:
        self._upstream = str(upstream)
        self._lock = threading.Lock()
        self._pipes: set[_Pipe] = set()
        self._buried: list[_Pipe] = []
        self._flowing = threading.Event()
        self._flowing.set()
        self._refusing = self._closed = False
        self._listener = socket.create_server((HOST, 0), backlog=512)
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, name=f"proxy {self.port}", daemon=True).start()

    def cut(self) -> None:
        """Reset what there is and what comes."""
        self._refusing = True
        for pipe in self._take():
            pipe.close(reset=True)

    def silence(self) -> None:
        """Hold everything back."""
        self._flowing.clear()

    def half_open(self) -> None:
        """Let the connections there are lead nowhere, without a word to either side."""
        dead = self._take()
        for pipe in dead:
            pipe.dead = True
        self._buried += dead

    def mend(self) -> None:
        """After `cut` and `silence`: serve again."""
        self._refusing = False
        self._flowing.set()

    def close(self) -> None:
        """End everything."""
        self._closed = True
        self._flowing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread in accept
        self._listener.close()
        for pipe in [*self._take(), *self._buried]:
            pipe.close(reset=True)

    def _take(self) -> list[_Pipe]:
        with self._lock:
            taken = list(self._pipes)
            self._pipes.clear()
        return taken

    def _accept(self) -> None:
        while not self._closed:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        self._flowing.wait()
        upstream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        pipe = _Pipe(client, upstream)
        try:
            if self._refusing:
                raise ConnectionRefusedError
            upstream.connect(self._upstream)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self._pipes.add(pipe)
            while not pipe.dead and pipe.forward(self._flowing):
                pass
        except (OSError, ValueError):
            pass  # one side is gone, and now the other: that is all a proxy can say
        if not pipe.dead:
            with self._lock:
                self._pipes.discard(pipe)
            pipe.close(reset=self._refusing)


class _Pipe:
    """One connection and its other half."""

    def __init__(self, client: socket.socket, upstream: socket.socket) -> None:
        self._client, self._upstream = client, upstream
        self.dead = False

    def forward(self, flowing: threading.Event) -> bool:
        """Pass on what comes within a tick; False once a side has closed."""
        ready, _, _ = select.select([self._client, self._upstream], [], [], _TICK_SECONDS)
        flowing.wait()
        if self.dead:
            return False
        for source in ready:
            data = source.recv(65_536)
            if not data:
                return False
            (self._upstream if source is self._client else self._client).sendall(data)
        return True

    def close(self, *, reset: bool) -> None:
        """Close both sides."""
        if reset:
            with contextlib.suppress(OSError):
                self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        for side in (self._client, self._upstream):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR) if not (reset and side is self._client) else None
            side.close()
