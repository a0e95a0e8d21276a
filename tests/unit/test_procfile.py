"""The Procfile lists the commands that `up` starts."""

import os
import shlex
from pathlib import Path

from qcjob.cli.launcher.parts import flower_part, redis_part, web_part, worker_parts
from qcjob.cli.launcher.redis import redis_argv
from qcjob.devices.config import load_devices
from qcjob.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def procfile() -> dict[str, list[str]]:
    """Name to argv: what stands behind `exec`, after the shell has read it."""
    lines = [line for line in (ROOT / "Procfile").read_text().splitlines() if line and not line.startswith("#")]
    commands = dict(line.split(": ", 1) for line in lines)
    return {
        name: shlex.split(line.partition("exec ")[2].replace("$PWD", os.getcwd())) for name, line in commands.items()
    }


def test_the_procfile_is_what_up_starts_by_default() -> None:
    settings = Settings()
    parts = (
        redis_part(redis_argv("redis-server", settings, settings.redis_socket)),
        *worker_parts(load_devices(None).configured, python="python"),
        web_part(8000, python="python"),
        flower_part(5555, None, python="python"),
    )
    assert {part.name: list(part.argv) for part in parts} == procfile()


def test_the_procfile_shows_no_key_on_a_command_line() -> None:
    assert "FLOWER" not in " ".join(procfile()["flower"])
