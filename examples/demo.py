"""The whole system, once: bring it up on a free port, submit a job over HTTP, watch it, draw its counts, stop it.

make demo        or        python examples/demo.py
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(HOUSE))

from qcjob.cli.histogram import histogram  # noqa: E402  (the path above comes first)
from qcjob.cli.launcher.waiting import is_ready  # noqa: E402
from qcjob.client import Client, RemoteJob  # noqa: E402

PROGRAM = "X(90),Y(90), X(180)"
READY_WITHIN_SECONDS = 90.0


def main() -> int:
    """0 when the job COMPLETED, else 1."""
    with tempfile.TemporaryDirectory(prefix="qcjob-demo-") as folder:
        data, log = Path(folder) / "data", Path(folder) / "log"
        port = free_port()
        command = [sys.executable, "-m", "qcjob", "up", "--data", str(data), "--port", str(port)]
        with log.open("wb") as output:
            up = subprocess.Popen(command, cwd=HOUSE, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            if not wait_until_ready(up, port):
                print(log.read_text(errors="replace")[-4_000:], file=sys.stderr)
                return 1
            key = (data / "api-key").read_text().strip()
            with Client(f"http://127.0.0.1:{port}", key) as client:
                return run_a_job(client)
        except KeyboardInterrupt:
            return 130
        finally:
            print("\nStopping everything ...", end=" ", flush=True)
            up.terminate()
            up.wait()
            print("done.")


def run_a_job(client: Client) -> int:
    """Submit, follow, show."""
    print(f"\nSubmitting  {PROGRAM}  to a simulator that takes 2 seconds for it.\n")
    job = client.submit(PROGRAM, shots=1_000, name="demo", options={"duration": 2})
    print(f"  job {job.id}")
    job = follow(client, job)
    if job.state != "COMPLETED":
        print(f"\nThe job is {job.state}: {job.error}", file=sys.stderr)
        return 1
    result = client.result(job)
    print(
        f"\nCounts of {result.shots:,} shots:\n\n{histogram(result.counts, width=72, ascii_only=not speaks_unicode())}"
    )
    return 0


def follow(client: Client, job: RemoteJob) -> RemoteJob:
    """Print each state as it comes, with the time at which the job entered it; the job at its end."""
    shown = 0
    for seen in client.changes(job):
        history = seen.document["history"]
        for moment in history[shown:]:
            print(f"  {moment['at']}  {moment['state']}", flush=True)
        shown, job = len(history), seen
    return job


def wait_until_ready(up: subprocess.Popen[bytes], port: int) -> bool:
    """Wait with a sign of life; False when `up` ended or the time is over."""
    print("Starting Redis, web, workers and Flower ", end="", flush=True)
    started = time.monotonic()
    while not is_ready(port):
        if up.poll() is not None or time.monotonic() - started > READY_WITHIN_SECONDS:
            print(" failed.")
            return False
        print(".", end="", flush=True)
        time.sleep(0.3)
    print(f" ready after {time.monotonic() - started:.1f} s.")
    return True


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def speaks_unicode() -> bool:
    """Whether stdout can show block characters."""
    return "utf" in (sys.stdout.encoding or "").lower()


if __name__ == "__main__":
    sys.exit(main())
