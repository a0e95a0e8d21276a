"""What the transpiler would import at its first run, imported ahead: for a process that is forked for each program.

Qiskit loads every plugin that any installed package offers, some of which bring a thousand modules along; a child that
had to do it each time would spend its seconds on that.
"""

from __future__ import annotations

from qiskit.transpiler.passes.synthesis.plugin import HighLevelSynthesisPluginManager, UnitarySynthesisPluginManager
from qiskit.transpiler.preset_passmanagers.plugin import PassManagerStagePluginManager


def warm() -> None:
    """Load the plugins; runs no pass."""
    for manager in (PassManagerStagePluginManager, UnitarySynthesisPluginManager, HighLevelSynthesisPluginManager):
        manager()
