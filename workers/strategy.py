"""What happens when a wake-up arrives, in the worker's main process: the best-ranked job is claimed in its place.

Celery's own strategy then receives a message that speaks of the job: its id, its arguments, its claim. Nothing of the
wake-up survives but the name of the device, and that only if this worker serves it. No error leaves this function.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from celery.worker.strategy import default as celery_strategy

from qcjob.errors import LedgerUnavailable, StaleWriter
from qcjob.ledger import Claim, wakeup
from qcjob.logs import get_logger

log = get_logger(__name__)


@dataclass(slots=True)
class ClaimedMessage:
    """A task message made from a claim, as Celery's Request reads it."""

    headers: dict[str, Any]
    body: str
    payload: list[Any]
    delivery_info: dict[str, Any]
    properties: dict[str, Any]
    content_type: str = "application/json"
    content_encoding: str = "utf-8"


def message_for(claim: Claim) -> ClaimedMessage:
    """The message of a claimed job: headers, body and properties built anew."""
    payload = wakeup.payload(claim.id)
    return ClaimedMessage(
        headers={**wakeup.headers(claim.id, argsrepr=repr((claim.id,))), "claim": claim.as_header()},
        body=json.dumps(payload),
        payload=payload,
        delivery_info={"exchange": "", "routing_key": claim.device},
        properties={"correlation_id": claim.id, "reply_to": "", "priority": 0},
    )


def claiming(task: Any, app: Any, consumer: Any) -> Callable[..., None]:
    """The task's Strategy: a handler of messages for this consumer."""
    receive = celery_strategy(task, app, consumer)

    def on_wake_up(message: Any, body: Any, ack: Any, reject: Any, callbacks: Any) -> None:
        device = _device_of(message)
        if device not in app.amqp.queues.consume_from:
            log.warning("wake-up of a device not served here dropped", device=str(device)[:80])
            return
        try:
            claim = app.ledger.claim(device, consumer.hostname)
        except LedgerUnavailable as error:
            log.error("wake-up dropped: ledger unavailable", device=device, reason=str(error))
            return
        except Exception:
            log.exception("wake-up dropped: claim failed", device=device)
            return
        if claim is None:
            log.debug("wake-up found nothing to claim", device=device)
            return
        fields = {"job_id": claim.id, "device": device, "attempt": claim.attempt, "customer": claim.customer}
        log.info("job claimed", fence=claim.fence, rescue=claim.rescue, request_id=claim.request_id, **fields)
        try:
            receive(message_for(claim), None, _nothing, _nothing, callbacks)
        except Exception:
            log.exception("claimed job could not be handed to a child", **fields)
            _let_go(app, claim)

    return on_wake_up


def _nothing(*_: Any, **__: Any) -> None:
    """Wake-ups are consumed without acknowledgement."""


def _device_of(message: Any) -> str | None:
    """What the message says of itself; it may say anything."""
    try:
        device = message.delivery_info["routing_key"]
    except Exception:
        return None
    return device if isinstance(device, str) else None


def _let_go(app: Any, claim: Claim) -> None:
    try:
        if claim.rescue:
            app.ledger.lapse(claim.id, claim.fence)
        else:
            app.ledger.put_back(claim.id, claim.fence, later_because="its worker had no process for it")
    except (LedgerUnavailable, StaleWriter) as error:
        log.error("claimed job keeps its lease until it lapses", job_id=claim.id, reason=str(error))
