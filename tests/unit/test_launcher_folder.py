"""The data folder: its lock and its key."""

import re
import stat
from pathlib import Path

import pytest

from qcjob.cli.launcher.folder import LOCK_FILE, ensure_key, hold, prepare
from qcjob.errors import ConfigurationError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    prepare(tmp_path / "a" / "data")
    assert mode(tmp_path / "a" / "data") == 0o700
    assert mode(tmp_path / "a" / "data" / "redis") == 0o700


def test_a_file_in_the_folders_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(ConfigurationError, match=r"no folder; .*--data"):
        prepare(tmp_path / "data")


def test_a_key_is_made_once_and_is_its_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "api-key"
    key = ensure_key(path)
    assert mode(path) == 0o600
    assert re.fullmatch(r"[\w-]{43}", key)
    assert ensure_key(path) == key


def test_a_key_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "api-key"
    path.write_text("k" * 40 + "\n")
    path.chmod(0o644)
    assert ensure_key(path) == "k" * 40
    assert mode(path) == 0o600


def test_an_empty_key_file_as_a_crash_may_leave_it_gets_a_key(tmp_path: Path) -> None:
    (tmp_path / "api-key").write_text("\n")
    assert len(ensure_key(tmp_path / "api-key")) == 43


def test_a_key_given_is_taken_when_there_is_none_yet(tmp_path: Path) -> None:
    assert ensure_key(tmp_path / "api-key", "g" * 40) == "g" * 40
    assert ensure_key(tmp_path / "api-key", "h" * 40) == "g" * 40


@pytest.mark.parametrize("key", ["short", "k" * 300, "k" * 40 + ",x", "k" * 40 + ":x", "two words " * 5])
def test_a_key_that_a_header_or_flower_could_not_carry_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(ConfigurationError, match="32 to 256") as raised:
        ensure_key(tmp_path / "api-key", key)
    assert key not in str(raised.value)


def test_a_second_launcher_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with hold(tmp_path), pytest.raises(ConfigurationError, match="another `up`"), hold(tmp_path):
        pass


def test_a_folder_let_go_of_can_be_held_again(tmp_path: Path) -> None:
    with hold(tmp_path) as left_behind:
        assert not left_behind
    with hold(tmp_path) as left_behind:
        assert not left_behind


def test_a_launcher_that_was_killed_is_noticed_by_the_next(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).write_text("4711\n")
    with hold(tmp_path) as left_behind:
        assert left_behind
