"""What every test shares: tracebacks in logs are written plainly, as qcjob has them. Rich ones take seconds."""

from __future__ import annotations

import structlog

structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)
