"""Text that users chose: what can be kept, and how a refusal shows it."""

from __future__ import annotations

from qcjob.errors import FieldError

MAX_NAME = 200


def check_label(field: str, text: str | None) -> list[FieldError]:
    """What is wrong with a name that a user chose."""
    if text is None or is_label(text, MAX_NAME):
        return []
    return [FieldError(field, "is empty, too long or not plain text", f"1 to {MAX_NAME} printable characters")]


def is_label(text: str, most: int) -> bool:
    """Printable, not blank, and of up to `most` characters."""
    return 1 <= len(text) <= most and text.isprintable() and bool(text.strip())


def shown(value: object) -> str:
    """A value as a refusal shows it: in ASCII, and cut where it is long."""
    text = repr(value).encode("ascii", "backslashreplace").decode()
    return text if len(text) <= 60 else text[:57] + "..."
