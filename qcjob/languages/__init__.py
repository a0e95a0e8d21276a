"""The languages a program may be written in: which one a text is in, and its first checks.

A rotation string is parsed here, in microseconds. OpenQASM is not: what parses it can be killed, and stands elsewhere.
"""

from __future__ import annotations

from qcjob.errors import FieldError, InvalidRequest, ProgramTooLong
from qcjob.languages.detection import detect
from qcjob.languages.openqasm import Limits
from qcjob.languages.program import Program, Rotation
from qcjob.languages.rotations import parse_rotations

__all__ = ["LANGUAGES", "Program", "Rotation", "detect", "parse"]

LANGUAGES = ("rotations", "openqasm2", "openqasm3")

_DEFAULT = Limits()


def parse(source: str, language: str | None = None, *, max_bytes: int, limits: Limits = _DEFAULT) -> Program:
    """The program that `source` says, in `language` or the one detected.

    A program in OpenQASM is held to its bytes alone and goes on as text; `max_bytes` is for rotations, `limits` for the
    others. Any text is safe to give: the size, in bytes of UTF-8, is looked at first, and the time is linear in it.
    Raises ProgramTooLong, InvalidProgram with every error in the order they stand, or InvalidRequest for a language
    that is not in LANGUAGES.
    """
    language = language or detect(source)
    if language not in LANGUAGES:
        raise InvalidRequest([FieldError("language", f"unknown language {language[:80]!r}", LANGUAGES)])
    most = max_bytes if language == "rotations" else limits.most_bytes(language)
    size = len(source.encode("utf-8", "surrogatepass"))
    if size > most:
        raise ProgramTooLong(size, most)
    return Program(language, source, parse_rotations(source) if language == "rotations" else ())
