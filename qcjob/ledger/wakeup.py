"""The wake-up: a Celery message that says "look at your device's ready set", and nothing else.

It is what Celery's own producer would write for `drive.apply_async(queue=device)` (protocol 2, JSON, kombu's Redis
envelope); a contract test compares the two. The scripts push it; losing, doubling or reordering it does no harm.
"""

from __future__ import annotations

import base64
import json
from typing import Any

TASK_NAME = "qcjob.drive"


def headers(task_id: str, argsrepr: str = "()") -> dict[str, Any]:
    """The headers of a task message. Source: docs.celeryq.dev, "Message protocol", version 2."""
    return {
        "lang": "py",
        "task": TASK_NAME,
        "id": task_id,
        "shadow": None,
        "eta": None,
        "expires": None,
        "group": None,
        "group_index": None,
        "retries": 0,
        "timelimit": [None, None],
        "root_id": task_id,
        "parent_id": None,
        "argsrepr": argsrepr,
        "kwargsrepr": "{}",
        "origin": "qcjob",
        "ignore_result": False,
        "replaced_task_nesting": 0,
        "stamped_headers": None,
        "stamps": {},
    }


def payload(*args: str) -> list[Any]:
    """What a task message carries: positional arguments, no keyword arguments, nothing chained."""
    return [list(args), {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]


def message(device: str) -> bytes:
    """The wake-up of a device's queue, ready for LPUSH: kombu's envelope around headers and body."""
    wake_up_id = f"wake-up-{device}"
    properties = {
        "correlation_id": wake_up_id,
        "reply_to": "",
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": device},
        "priority": 0,
        "body_encoding": "base64",
        "delivery_tag": wake_up_id,
    }
    envelope = {
        "body": base64.b64encode(json.dumps(payload()).encode()).decode(),
        "content-encoding": "utf-8",
        "content-type": "application/json",
        "headers": headers(wake_up_id),
        "properties": properties,
    }
    return json.dumps(envelope).encode()
