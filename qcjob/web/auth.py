"""From the Authorization header to the caller."""

from __future__ import annotations

from flask import Request

from qcjob.errors import NotAuthenticated
from qcjob.security.caller import Caller
from qcjob.security.keys import Keys

_SECRET_CHARACTERS = 512  # longer than any key: not worth a hash


def authenticate(request: Request, keys: Keys) -> Caller:
    """Who asks. Raises NotAuthenticated without `Authorization: Bearer KEY`, or with a key that is not known."""
    header = request.environ.get("HTTP_AUTHORIZATION")
    if not header:
        raise NotAuthenticated("no API key: send `Authorization: Bearer KEY`")
    scheme, _, secret = header.partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        raise NotAuthenticated("the Authorization header is not `Bearer KEY`")
    caller = keys.authenticate(secret) if len(secret) <= _SECRET_CHARACTERS else None
    if caller is None:
        raise NotAuthenticated("this API key is not known, or was revoked")
    return caller
