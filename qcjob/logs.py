"""Logs: one event a line with fields, JSON or, on a terminal, for people. Nothing secret is ever a field."""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

import structlog

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def configure(*, service: str, level: str = "info", form: str = "auto") -> None:
    """Send every log line of this process, libraries' too, to stderr in one form: json, pretty, or auto.

    `service` names the part; `level` is debug, info, warning or error. Auto is pretty on a terminal.
    """
    pretty = form == "pretty" or (form == "auto" and sys.stderr.isatty())
    threshold = logging.getLevelNamesMapping()[level.upper()]
    render: Any = (
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
        if pretty
        else structlog.processors.JSONRenderer()
    )

    def add_process(_: Any, __: str, event: dict[str, Any]) -> dict[str, Any]:
        event["service"], event["pid"] = service, os.getpid()
        return event

    before = [*_SHARED, add_process]
    after = [] if pretty else [structlog.processors.format_exc_info]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *before,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *after, render],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(threshold)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger: `log.info("job accepted", job_id=…, device=…)`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def bind(**fields: object) -> None:
    """Fields for every later line of this thread or request."""
    structlog.contextvars.bind_contextvars(**fields)


def clear() -> None:
    """Forget what `bind` added."""
    structlog.contextvars.clear_contextvars()
