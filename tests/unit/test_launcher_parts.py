"""Which processes there are, under which command lines."""

from qcjob.cli.launcher.parts import Part, flower_part, web_part, worker_parts

KEY = "k" * 43


def parts() -> tuple[Part, ...]:
    return (*worker_parts(["simulator", "lab-7"]), web_part(8000), flower_part(5555, KEY))


def test_each_configured_device_has_a_worker_and_the_built_ins_share_one() -> None:
    queues = {part.name: part.argv[part.argv.index("-Q") + 1] for part in worker_parts(["simulator", "lab-7"])}
    assert queues == {"worker-simulator": "simulator", "worker-lab-7": "lab-7", "worker-built-ins": "ideal,echo"}


def test_command_lines_are_recognised_by_their_words() -> None:
    words = {"worker-simulator": ("celery", "worker"), "web": ("granian",), "flower": ("celery", "flower")}
    for part in parts():
        assert all(word in part.argv for word in words.get(part.name, ()))


def test_the_key_is_in_no_command_line_and_in_no_repr() -> None:
    for part in parts():
        assert KEY not in " ".join(part.argv)
        assert KEY not in repr(part)


def test_flower_asks_for_the_key_and_leaves_no_back_door() -> None:
    assert flower_part(5555, KEY).env == {"FLOWER_BASIC_AUTH": f"qcjob:{KEY}", "FLOWER_UNAUTHENTICATED_API": None}


def test_everything_listens_on_the_loopback_alone() -> None:
    assert "--address=127.0.0.1" in flower_part(5555, KEY).argv
    web = web_part(8000).argv
    assert web[web.index("--host") + 1] == "127.0.0.1"


def test_all_parts_stop_within_twenty_seconds_one_kind_after_the_other() -> None:
    slowest = {"flower": 0.0, "worker": 0.0, "web": 0.0, "redis": Part("redis", ()).stop_seconds}
    for part in parts():
        kind = part.name.partition("-")[0]
        slowest[kind] = max(slowest[kind], part.stop_seconds)
    assert sum(slowest.values()) < 19
