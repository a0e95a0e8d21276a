"""The wake-up: a Celery message that says "look at your device's ready set", and nothing else.

It is what Celery's own producer would write for `drive.apply_async(queue=device)` (protocol 2, JSON, kombu's Redis
envelope); a contract test compares the two. The scripts push it; losing, doubling or reordering it does no harm.
"""

from __future__ import annotations

import base64
import json

TASK_NAME = "qcjob.drive"

_BODY = base64.b64encode(
    json.dumps([[], {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}]).encode()
).decode()


def message(device: str) -> bytes:
    """The wake-up of a device's queue, ready for LPUSH. Source: docs.celeryq.dev, "Message protocol", version 2."""
    wake_up_id = f"wake-up-{device}"
    headers = {
        "lang": "py",
        "task": TASK_NAME,
        "id": wake_up_id,
        "shadow": None,
        "eta": None,
        "expires": None,
        "group": None,
        "group_index": None,
        "retries": 0,
        "timelimit": [None, None],
        "root_id": wake_up_id,
        "parent_id": None,
        "argsrepr": "()",
        "kwargsrepr": "{}",
        "origin": "qcjob",
        "ignore_result": False,
        "replaced_task_nesting": 0,
        "stamped_headers": None,
        "stamps": {},
    }
    properties = {
        "correlation_id": wake_up_id,
        "reply_to": "",
        "delivery_mode": 2,
        "delivery_info": {"exchange": "", "routing_key": device},
        "priority": 0,
        "body_encoding": "base64",
        "delivery_tag": wake_up_id,
    }
    return json.dumps(
        {
            "body": _BODY,
            "content-encoding": "utf-8",
            "content-type": "application/json",
            "headers": headers,
            "properties": properties,
        }
    ).encode()
