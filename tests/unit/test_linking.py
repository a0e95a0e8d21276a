"""Each script has what it uses of the shared Lua before it, and nothing else."""

from __future__ import annotations

import re

import pytest

from qcjob.ledger.linking import linked
from qcjob.ledger.scripts import NAMES, rules, source

LIBRARY = """
-- What all share.
local PREFIX, REST = 'qcjob:', 1
local later  -- of the end of this text

local function unused(it)
  return PREFIX .. it
end

-- Calls what is defined below it.
local function key_of(it)
  return PREFIX .. later(it) -- and not unused(it)
end

later = function(it)
  return it.unused
end
"""


def test_what_is_used_by_way_of_others_is_there_in_its_order() -> None:
    text = linked(LIBRARY, "return key_of('unused')")
    assert [line for line in text.splitlines() if line and not line.startswith((" ", "end"))] == [
        "local PREFIX, REST = 'qcjob:', 1",
        "local later  -- of the end of this text",
        "local function key_of(it)",
        "later = function(it)",
        "return key_of('unused')",
    ]


def test_what_nothing_uses_is_not_there() -> None:
    assert linked(LIBRARY, "return REST").count("function") == 0
    assert linked(LIBRARY, "return 1") == "return 1"


@pytest.mark.parametrize("name", NAMES)
def test_every_function_of_a_script_is_used_in_it(name: str) -> None:
    text = re.sub(r"--.*", "", source(name))
    for function in re.findall(r"^local function (\w+)", text, re.MULTILINE):
        assert len(re.findall(rf"\b{function}\b", text)) > 1, function


def test_the_rules_are_in_a_script_that_moves_jobs() -> None:
    assert rules().splitlines()[0] in source("finish")
    assert "MOVES" not in source("mark")
