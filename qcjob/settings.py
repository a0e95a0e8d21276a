"""The one place that reads the environment. `docs/settings.md` says what each setting is for."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from qcjob.crashpoints import CrashPoint
from qcjob.errors import ConfigurationError

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)?")
_UNITS = {None: 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}


def _processors() -> int:
    """As many as this process may use, where the system says so."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its default. Durations are seconds; in the environment also 90s, 15m, 12h, 30d."""

    data: Path = Path("var")
    redis_url: str | None = None
    devices: Path | None = None
    lease_seconds: float = 5.0
    renew_seconds: float = 1.5
    keeper_seconds: float = 1.0
    grace_seconds: float = 5.0
    retention_seconds: float = 30 * 86_400.0
    wait_limit_seconds: float = 30.0
    long_polls: int = 256
    compiles: int = field(default_factory=_processors)
    compile_queue: int = 16
    redis_maxmemory: str = "1gb"
    receipt_key: Path | None = None
    log_level: str = "info"
    log_format: str = "auto"
    crash_point: CrashPoint | None = None

    @property
    def receipt_key_file(self) -> Path:
        """The key that signs receipts, a PEM file; made on its first use where there is none."""
        return self.receipt_key or self.data / "receipt-key.pem"

    @property
    def redis_socket(self) -> Path:
        """Where the embedded Redis listens: DATA/redis.sock, a link where the real path is too long to bind."""
        return self.data.absolute() / "redis.sock"

    @property
    def redis_location(self) -> str:
        """What `redis.Redis.from_url` is given: the URL of one's own Redis, or the embedded one's socket."""
        socket = self.redis_socket
        url = self.redis_url or f"unix://{socket.readlink() if socket.is_symlink() else socket}"
        return url.replace("redis+socket://", "unix://", 1)

    @property
    def redis_is_local(self) -> bool:
        """Whether Redis is reached by a Unix socket."""
        return self.redis_location.startswith("unix://")

    @property
    def celery_broker_url(self) -> str:
        """Redis as kombu spells it."""
        return self.redis_location.replace("unix://", "redis+socket://", 1)

    @property
    def celery_result_backend(self) -> str:
        """Redis as Celery spells it, with the ledger's backend class."""
        return "qcjob.ledger.backend:LedgerBackend+" + self.redis_location.replace("unix://", "socket://", 1)


def read_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from QCJOB_* variables; an empty one counts as absent. Raises ConfigurationError."""
    given = os.environ if environ is None else environ
    env = {key: value for key, value in given.items() if key.startswith("QCJOB_") and value}
    defaults = Settings()

    def duration(name: str, default: float) -> float:
        text = env.get(name)
        if text is None:
            return default
        match = _DURATION.fullmatch(text.strip())
        if match is None or float(match[1]) <= 0:
            raise ConfigurationError(f"{name}={text!r}: wanted a duration such as 90, 90s, 15m, 12h or 30d")
        return float(match[1]) * _UNITS[match[2]]

    def choice(name: str, default: str, *allowed: str) -> str:
        text = env.get(name, default).lower()
        if text not in allowed:
            raise ConfigurationError(f"{name}={text!r}: wanted one of {', '.join(allowed)}")
        return text

    def count(name: str, default: int) -> int:
        text = env.get(name, str(default))
        if not text.isdecimal() or int(text) < 1:
            raise ConfigurationError(f"{name}={text!r}: wanted a whole number, 1 or more")
        return int(text)

    lease = duration("QCJOB_LEASE_SECONDS", defaults.lease_seconds)
    renew = duration("QCJOB_RENEW_SECONDS", min(defaults.renew_seconds, lease * 0.3))
    if renew * 2 > lease:
        raise ConfigurationError(f"QCJOB_RENEW_SECONDS={renew:g}: wanted at most half of QCJOB_LEASE_SECONDS={lease:g}")
    once = Path(env["QCJOB_CRASH_ONCE"]) if "QCJOB_CRASH_ONCE" in env else None
    crash_point = CrashPoint.parse(env["QCJOB_CRASH_POINT"], once) if "QCJOB_CRASH_POINT" in env else None
    return Settings(
        data=Path(env.get("QCJOB_DATA", str(defaults.data))),
        redis_url=env.get("QCJOB_REDIS_URL"),
        devices=Path(env["QCJOB_DEVICES"]) if "QCJOB_DEVICES" in env else None,
        lease_seconds=lease,
        renew_seconds=renew,
        keeper_seconds=duration("QCJOB_KEEPER_SECONDS", defaults.keeper_seconds),
        grace_seconds=duration("QCJOB_GRACE_SECONDS", defaults.grace_seconds),
        retention_seconds=duration("QCJOB_RETENTION", defaults.retention_seconds),
        wait_limit_seconds=duration("QCJOB_WAIT_LIMIT", defaults.wait_limit_seconds),
        long_polls=count("QCJOB_LONG_POLLS", defaults.long_polls),
        compiles=count("QCJOB_COMPILES", defaults.compiles),
        compile_queue=count("QCJOB_COMPILE_QUEUE", defaults.compile_queue),
        redis_maxmemory=env.get("QCJOB_REDIS_MAXMEMORY", defaults.redis_maxmemory),
        receipt_key=Path(env["QCJOB_RECEIPT_KEY"]) if "QCJOB_RECEIPT_KEY" in env else None,
        log_level=choice("QCJOB_LOG_LEVEL", defaults.log_level, "debug", "info", "warning", "error"),
        log_format=choice("QCJOB_LOG_FORMAT", defaults.log_format, "auto", "json", "pretty"),
        crash_point=crash_point,
    )
