"""The one spelling of a JSON document that is hashed and signed: names sorted, no blanks, everything ASCII, numbers as
Python writes them. Hashes are SHA-256, in hex, of a text's UTF-8 or of a document so spelt.
"""

from __future__ import annotations

import hashlib
import json


def canonical(document: object) -> bytes:
    """The document so spelt. Raises ValueError for NaN and infinities, TypeError for what is not JSON."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def hash_text(text: str) -> str:
    """Hex SHA-256 of a text's UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def hash_document(document: object) -> str:
    """Hex SHA-256 of a document's canonical JSON. Raises as `canonical` does."""
    return hashlib.sha256(canonical(document)).hexdigest()
