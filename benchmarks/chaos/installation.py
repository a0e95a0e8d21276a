"""An installation to be broken: the parts that `up` starts, a second worker of the outside device, and that device.

Everything listens on 127.0.0.1. Web and workers reach Redis through proxies, the harness by its Unix socket.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Self

import httpx
import redis

from benchmarks.chaos.logged import starts_in
from benchmarks.chaos.proxy import HOST, Proxy
from qcjob.cli.launcher.parts import REDIS, WEB, Part, redis_part, web_part, worker_parts
from qcjob.cli.launcher.ports import free_port
from qcjob.cli.launcher.redis import HOUSE, find_redis_server, redis_argv, socket_path
from qcjob.cli.launcher.supervisor import Supervisor
from qcjob.cli.launcher.waiting import is_ready
from qcjob.devices.config import ECHO, IDEAL
from qcjob.ledger import Ledger
from qcjob.logs import get_logger
from qcjob.rank import Privileges
from qcjob.security.customers import Customers
from qcjob.security.keys import Keys
from qcjob.settings import read_settings
from qcjob.wiring import build_ledger, redis_client

QC, SIMULATOR = "qc", "simulator"
WITNESSED = (QC, SIMULATOR)
"""The devices that count their starts."""
DEVICES = (*WITNESSED, IDEAL.name, ECHO.name)
SLOTS = {QC: 4, SIMULATOR: 2}
MACHINE = "reference-qc"
CUSTOMERS = ("alice", "bob")

_DEVICES_TOML = """
default = "{SIMULATOR}"

[devices.{QC}]
driver = "workers.drivers.http:HttpDevice"
slots = {qc_slots}
on_uncertain = "fail"
job_options = ["duration", "readout_error"]
options = {{ url = "{url}", dedup = "native" }}

[devices.{SIMULATOR}]
driver = "benchmarks.chaos.logged:LoggedSimulator"
slots = {simulator_slots}
on_uncertain = "rerun"
job_options = ["duration", "readout_error"]
options = {{ log = "{log}" }}
"""


class Installation:
    """Enter it to have everything started, leave it to have everything gone. `watch` restarts what died.

    `watch`, and entering and leaving, belong to one thread, which must outlive the parts: the kernel ends them with it.
    """

    def __init__(self, folder: Path, *, lease_seconds: float) -> None:
        self.folder = folder
        self.data = folder / "data"
        (self.data / "redis").mkdir(parents=True)
        self._simulator_log = folder / "simulator-starts.log"
        self.port, self._machine_port = free_port(), free_port()
        self.url = f"http://{HOST}:{self.port}"
        self._machine_url = f"http://{HOST}:{self._machine_port}"
        devices = folder / "devices.toml"
        devices.write_text(
            _DEVICES_TOML.format(
                QC=QC,
                SIMULATOR=SIMULATOR,
                qc_slots=SLOTS[QC],
                simulator_slots=SLOTS[SIMULATOR],
                url=self._machine_url,
                log=self._simulator_log,
            )
        )
        ours = {
            "QCJOB_DATA": str(self.data),
            "QCJOB_DEVICES": str(devices),
            "QCJOB_LEASE_SECONDS": f"{lease_seconds:g}",
            "QCJOB_LOG_FORMAT": "json",
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("QCJOB_", "CELERY_"))}
        path = os.pathsep.join(filter(None, (str(HOUSE), kept.get("PYTHONPATH"))))
        self.settings = read_settings(ours)
        self._env = {**kept, **ours, "PYTHONPATH": path}
        self._stack = contextlib.ExitStack()
        self.ending = threading.Event()
        """Set when nobody will call `watch` any more."""

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            socket = stack.enter_context(socket_path(self.settings.redis_socket))
            self.proxies = {name: Proxy(socket) for name in ("web", "workers")}
            for proxy in self.proxies.values():
                stack.callback(proxy.close)
            log = os.open(self.folder / "parts.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            stack.callback(os.close, log)
            self._supervisor = Supervisor(get_logger("chaos"), env=self._env, stdout=log)
            parts = self._parts(socket)
            self.workers = tuple(part.name for part in parts if part.name.startswith("worker-"))
            for names in ([REDIS], [MACHINE], [WEB], list(self.workers)):
                stack.callback(self._supervisor.stop, names)  # called in the order turned round: Redis is the last
            for part in parts:
                self._supervisor.start(part)
            self.client: redis.Redis = stack.enter_context(redis_client(self.settings))
            self.ledger: Ledger = build_ledger(self.settings, self.client)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _parts(self, socket: Path) -> Sequence[Part]:
        """In the order they start. Redis as `up` has it; web and workers find it behind a proxy each."""

        def behind(proxy: str) -> dict[str, str | None]:
            return {"QCJOB_REDIS_URL": f"redis://{HOST}:{self.proxies[proxy].port}/0"}

        workers = list(worker_parts(WITNESSED))
        first = next(part for part in workers if part.name == f"worker-{QC}")
        argv = tuple(word.replace(f"{QC}@", f"{QC}-2@") for word in first.argv)
        workers.append(replace(first, name=f"{first.name}-2", argv=argv))
        state = str(self.folder / "machine")
        machine = (
            *(sys.executable, "-m", "workers.reference_qc", "--port", str(self._machine_port)),
            *("--state", state, "--slots", str(SLOTS[QC]), "--log-format", "json"),
        )
        return (
            redis_part(redis_argv(find_redis_server(), self.settings, socket)),
            Part(MACHINE, machine),
            replace(web_part(self.port), env=behind("web")),
            *(replace(part, env=behind("workers")) for part in workers),
        )

    @property
    def is_ready(self) -> bool:
        """Whether the web accepts jobs and every device was announced."""
        try:
            known = self.client.smembers("qcjob:devices")
        except redis.RedisError:
            return False
        return {name.encode() for name in DEVICES} <= set(known) and is_ready(self.port)

    def watch(self) -> None:
        """Start again whatever died and is due."""
        self._supervisor.watch()

    def add_keys(self) -> dict[str, str]:
        """A new API key for each customer."""
        for customer in CUSTOMERS:
            Customers(self.client).put(customer, Privileges())  # so that an operator can hold them
        return {customer: Keys(self.client).add(customer).secret for customer in CUSTOMERS}

    def add_operator(self) -> str:
        """An operator's key."""
        return Keys(self.client).add("grace", role="operator").secret

    def starts(self) -> dict[str, int]:
        """How often each job was started, as the devices say."""
        said = httpx.get(f"{self._machine_url}/starts", trust_env=False, timeout=10).raise_for_status().json()
        return dict(Counter(starts_in(self._simulator_log)) + Counter(said["starts"]))

    # -- for faults

    def signal(self, part: str, number: signal.Signals) -> None:
        """A signal to the main process of a part."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._supervisor.pid(part), number)

    def pid(self, part: str) -> int:
        """The main process of a part, of its latest start."""
        return self._supervisor.pid(part)

    def group_of(self, part: str) -> int:
        """The process group of a part: its main process and all its children."""
        return self._supervisor.pid(part)

    def children(self, part: str) -> list[int]:
        """The living children of a part's main process."""
        listed = subprocess.run(
            ["ps", "-o", "pid=,stat=", "--ppid", str(self._supervisor.pid(part))],
            capture_output=True,
            text=True,
            check=False,
        )
        rows = [line.split() for line in listed.stdout.splitlines()]
        return [int(pid) for pid, state in rows if not state.startswith("Z")]
