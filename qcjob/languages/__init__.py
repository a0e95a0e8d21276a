"""The languages a program may be written in. Each is a room with one function: text to rotations, or every error."""

from __future__ import annotations

from qcjob.errors import FieldError, InvalidRequest, ProgramTooLong
from qcjob.languages.program import Program, Rotation
from qcjob.languages.rotations import parse_rotations

__all__ = ["LANGUAGES", "Program", "Rotation", "detect", "parse"]

LANGUAGES = ("rotations",)


def detect(source: str) -> str:
    """The language a text is most likely written in; there is one so far."""
    return LANGUAGES[0]


def parse(source: str, language: str | None = None, *, max_bytes: int) -> Program:
    """The program that `source` says, in `language` or the one detected.

    Any text is safe to give: the size, in bytes of UTF-8, is looked at first, and the time is linear in it. Raises
    ProgramTooLong, InvalidProgram with every error in the order they stand, or InvalidRequest for a language that is
    not in LANGUAGES.
    """
    size = len(source.encode("utf-8", "surrogatepass"))
    if size > max_bytes:
        raise ProgramTooLong(size, max_bytes)
    language = language or detect(source)
    if language not in LANGUAGES:
        raise InvalidRequest([FieldError("language", f"unknown language {language[:80]!r}", LANGUAGES)])
    return Program(language, source, parse_rotations(source))
