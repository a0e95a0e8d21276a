"""Receipts: what ran, said in hashes and signed with the service's key, so that a result can be held to it years later.

    {"schema": 1, "job": …, …, "signature": {"alg": "Ed25519", "key": JWK of the public key, "value": base64url}}

The signature (Ed25519, RFC 8032) is over the canonical JSON of the receipt without its `signature`; that spelling and
the hashes are those of qcjob.canonical. A key's id is its JWK thumbprint (RFC 7638; RFC 8037 for Ed25519).
"""

from __future__ import annotations

import base64
import hashlib
import os
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from qcjob.canonical import canonical, hash_document
from qcjob.errors import ConfigurationError, ReceiptRefused

ALGORITHM = "Ed25519"


def hash_parts(parts: Iterable[Mapping[str, Any]]) -> str:
    """Hex SHA-256 of the counts of a job's parts, in a list, as canonical JSON."""
    return hash_document([part["counts"] for part in parts])


class ReceiptKey:
    """The service's signing key."""

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public = _jwk(private.public_key())

    @classmethod
    def at(cls, path: Path) -> ReceiptKey:
        """The key of a PEM file (PKCS #8), made first (0600) where there is none; several processes get the same.

        Raises ConfigurationError for a file that cannot be read or made, or holds another kind of key.
        """
        try:
            if not path.exists():
                _make(path)
            private = load_pem_private_key(path.read_bytes(), password=None)
        except OSError as error:
            raise ConfigurationError(f"the receipt key {path} cannot be used: {error.strerror}") from error
        except (ValueError, TypeError) as error:
            raise ConfigurationError(f"the receipt key {path} is no private key in PEM without password") from error
        if not isinstance(private, Ed25519PrivateKey):
            raise ConfigurationError(f"the receipt key {path} is not an Ed25519 key")
        return cls(private)

    def sign(self, receipt: Mapping[str, Any]) -> dict[str, Any]:
        """The receipt with its signature."""
        value = _encode(self._private.sign(canonical(receipt)))
        return {**receipt, "signature": {"alg": ALGORITHM, "key": self.public, "value": value}}


def check_signature(receipt: Mapping[str, Any], trusted: Mapping[str, Any] | None = None) -> str:
    """The id of the key that signed the receipt; `trusted`, a public JWK, must be that key. Raises ReceiptRefused."""
    body = {name: value for name, value in receipt.items() if name != "signature"}
    try:
        signature = receipt["signature"]
        key, value = signature["key"], _decode(signature["value"])
        if signature["alg"] != ALGORITHM:
            raise ReceiptRefused(f"it is signed with {str(signature['alg'])[:40]!r}; only {ALGORITHM} is known here")
        public = _public(key)
    except (KeyError, TypeError, ValueError) as error:
        raise ReceiptRefused("it has no signature of the form that receipts have") from error
    if trusted is not None and _point(trusted) != _point(key):
        raise ReceiptRefused(f"it is signed with the key {thumbprint(key)}, not with {thumbprint(trusted)}")
    try:
        public.verify(value, canonical(body))
    except (InvalidSignature, ValueError) as error:
        raise ReceiptRefused("its signature does not fit: it was changed after it was signed") from error
    return thumbprint(key)


def thumbprint(key: Mapping[str, Any]) -> str:
    """The id of a public key: its RFC 7638 thumbprint."""
    return _encode(hashlib.sha256(canonical({"crv": ALGORITHM, "kty": "OKP", "x": _point(key)})).digest())


def _jwk(public: Ed25519PublicKey) -> dict[str, str]:
    key = {"kty": "OKP", "crv": ALGORITHM, "x": _encode(public.public_bytes_raw())}
    return {**key, "kid": thumbprint(key), "alg": "EdDSA", "use": "sig"}


def _public(key: Mapping[str, Any]) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(_decode(_point(key)))


def _point(key: Mapping[str, Any]) -> str:
    return str(key.get("x", ""))


def _make(path: Path) -> None:
    """Write a new key beside the path, then link it there: whoever comes second uses the first one's."""
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".receipt-key-")  # 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        os.unlink(draft)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
