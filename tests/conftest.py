"""What every test shares.

Tracebacks in logs are written plainly, as qcjob has them: rich ones take seconds. Made-up examples are the same in
every run, so that one says of the code what the next will say; `--hypothesis-profile default` looks for new ones.
"""

from __future__ import annotations

import structlog
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, database=None)
settings.load_profile("repeatable")

structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)
