"""`python -m qcjob.compile_service DESCRIPTOR PARENT MODULE:FUNCTION`: the zygote, as the compile service starts it."""

from __future__ import annotations

import gc
import importlib
import socket
import sys

from qcjob.compile_service import confine, wire
from qcjob.compile_service.zygote import Zygote


def main(descriptor: str, parent: str, work: str) -> None:
    """Give up what is not needed, import what is, say so, serve."""
    confine.die_with(int(parent))
    confine.one_thread()
    confine.stand_back()
    alone = confine.leave_network()
    module, _, name = work.partition(":")
    room = importlib.import_module(module)
    function, rehearsal = getattr(room, name), getattr(room, "rehearse", None)
    gc.collect()
    gc.freeze()  # the collector of a child would copy every page it only looks at
    with socket.socket(fileno=int(descriptor)) as control:
        zygote = Zygote(control, function, rehearsal)
        control.sendall(wire.READY + (wire.NO_NETWORK if alone else wire.NETWORK))
        zygote.serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
