"""OpenQASM 2 and 3 before any parser: limits, a scan of the text, and names of its own for the gates it defines."""

from __future__ import annotations

from qcjob.languages.openqasm.limits import Limits
from qcjob.languages.openqasm.prescan import Scan, scan, survey
from qcjob.languages.openqasm.rename import in_own_words, rename_gates, source_place

__all__ = ["Limits", "Scan", "in_own_words", "rename_gates", "scan", "source_place", "survey"]
