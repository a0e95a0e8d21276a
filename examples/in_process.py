"""A job's whole life in one process: no server, no worker, no network, and fakeredis in the place of Redis.

    python examples/in_process.py

This is how to try out or test code that uses qcjob. What is submitted is checked, compiled and ranked as it would be
by a real installation, and waits; `run()` does the workers' part, here and now.
"""

from __future__ import annotations

import sys
from pathlib import Path

import fakeredis

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from qcjob import logs
from qcjob.security.caller import Caller
from qcjob.service import JobRequest
from workers.eager import in_process, run


def main() -> None:
    """Submit, look, run, look again, read the counts."""
    me = Caller(customer="ada", key_id="none")  # over HTTP the API key says who asks
    with in_process(fakeredis.FakeRedis()) as service:
        rotations = JobRequest("X(90),Y(90), X(180)", runtime="verbatim", shots=1_000, seed=11)
        job = service.submit(me, rotations)
        print(service.status(me, job.id).state)  # WAITING

        run()

        print(service.status(me, job.id).state)  # COMPLETED
        print(service.result(me, job.id)["counts"])  # about as many "0" as "1"


if __name__ == "__main__":
    logs.configure(service="example", level="warning")  # a line for every job otherwise
    main()
