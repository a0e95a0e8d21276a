"""What a customer may be called: it stands in Redis keys, in URLs and in logs."""

from __future__ import annotations

import re

from qcjob.errors import ConfigurationError

_CUSTOMER = re.compile(r"[A-Za-z0-9._@-]{1,64}")


def is_customer(name: str) -> bool:
    """Whether a customer can have this name. No customer's name has a colon: it ends a name in the ledger's keys."""
    return _CUSTOMER.fullmatch(name) is not None and name not in (".", "..")


def check_customer(name: str) -> None:
    """Raises ConfigurationError for a name that no customer can have."""
    if not is_customer(name):
        raise ConfigurationError(f"customer {name[:80]!r}: wanted 1 to 64 characters of A-Z a-z 0-9 . _ @ -")
