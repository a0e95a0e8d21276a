"""What people do with jobs, and what they see: every step speaks HTTP to the installation of environment.py."""

from __future__ import annotations

import time
from typing import Any

import httpx
from behave import given, step, then, when

from features.installation import Customer, Installation

FINAL = ("COMPLETED", "FAILED", "CANCELLED")


def ada(context: Any) -> Customer:
    """Who most scenarios are about."""
    customer: Customer = context.customers["ada"]
    return customer


def last(context: Any) -> httpx.Response:
    """The newest answer."""
    answer: httpx.Response = context.answers[-1]
    return answer


def note(context: Any, answer: httpx.Response) -> None:
    """Keep an answer; when a job was accepted it is from now on "the job"."""
    context.answers.append(answer)
    if answer.status_code == 202:
        job_id = answer.json()["id"]
        if job_id not in context.jobs:
            context.jobs.append(job_id)


def submit(context: Any, program: str, **fields: Any) -> None:
    """Ada submits; the answer is noted whatever it is."""
    note(context, ada(context).submit(program, **fields))


# -- given


@given("{name} has an API key")
def has_a_key(context: Any, name: str) -> None:
    installation: Installation = context.installation
    context.customers[name] = installation.add_customer(f"{name}-{time.time_ns()}")


@given("ada's job on the simulator that lasts {seconds:d} seconds is RUNNING")
def a_long_job_runs(context: Any, seconds: int) -> None:
    submit(context, "X(180)", device="simulator", options={"duration": seconds})
    ada(context).wait_for(context.jobs[-1], "RUNNING")


@given('ada\'s job "{program}" is COMPLETED')
def a_job_completed(context: Any, program: str) -> None:
    submit(context, program)
    ada(context).wait_for(context.jobs[-1], "COMPLETED")


# -- when


@when('ada submits "{program}" with runtime "{runtime}" and {shots:d} shots')
def submits_with_runtime(context: Any, program: str, runtime: str, shots: int) -> None:
    submit(context, program, runtime=runtime, shots=shots)


@when('ada submits "{program}" with runtime "{runtime}" and the option error "{code}"')
def submits_a_failure(context: Any, program: str, runtime: str, code: str) -> None:
    submit(context, program, runtime=runtime, options={"error": code})


@when('ada submits "{program}" under the idempotency key "{key}"')
def submits_under_a_key(context: Any, program: str, key: str) -> None:
    submit(context, program, key=key)


@step('ada submits "{program}" to the device "{device}"')
def submits_to_a_device(context: Any, program: str, device: str) -> None:
    submit(context, program, device=device)


@when("ada submits the program {quoted}")
def submits_the_program(context: Any, quoted: str) -> None:
    submit(context, quoted.strip().removeprefix('"').removesuffix('"').replace("\\n", "\n"))


@when("ada waits up to 1 second for a change of the job")
def waits_for_a_change(context: Any) -> None:
    version = ada(context).job(context.jobs[-1])["version"]
    asked_at = time.monotonic()
    headers = {"Prefer": "wait=1", "If-None-Match": f'"{version}"'}
    note(context, ada(context).get(f"/v1/jobs/{context.jobs[-1]}", **headers))
    context.waited_seconds = time.monotonic() - asked_at


@when("ada cancels the job")
def cancels(context: Any) -> None:
    context.answers.append(ada(context).cancel(context.jobs[-1]))


@when("the simulator's worker is killed")
def the_worker_is_killed(context: Any) -> None:
    context.installation.kill_worker("simulator")


@when("everything is stopped and started again")
def a_restart(context: Any) -> None:
    context.installation.restart()


# -- then: answers


@then("the job is accepted")
def is_accepted(context: Any) -> None:
    answer = last(context)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"/v1/jobs/{answer.json()['id']}"


@then('the answer is refused with {status:d} and the code "{code}"')
def is_refused(context: Any, status: int, code: str) -> None:
    check_refusal(last(context), status, code)


@then('its result is refused with {status:d} and the code "{code}"')
def the_result_is_refused(context: Any, status: int, code: str) -> None:
    check_refusal(ada(context).get(f"/v1/jobs/{context.jobs[-1]}/result"), status, code)


def check_refusal(answer: httpx.Response, status: int, code: str) -> None:
    """It is this refusal, in the one shape that refusals have."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code, answer.text


@then('it shows a fault "{code}" at line {line:d}, column {column:d}')
def shows_a_fault(context: Any, code: str, line: int, column: int) -> None:
    faults = [(fault["code"], fault["line"], fault["column"]) for fault in last(context).json()["errors"]]
    assert (code, line, column) in faults, faults


@then('the field "{field}" may be one of {allowed}')
def is_told_what_is_allowed(context: Any, field: str, allowed: str) -> None:
    told = {fault["field"]: fault["allowed"] for fault in last(context).json()["errors"]}
    assert told == {field: allowed.split(", ")}, told


@then("both answers speak of the same job")
def the_same_job(context: Any) -> None:
    assert [answer.status_code for answer in context.answers] == [202, 202]
    assert len(context.jobs) == 1


@then("the answer says that nothing changed")
def nothing_changed(context: Any) -> None:
    assert last(context).status_code == 304


@then("she was kept waiting for about 1 second")
def was_kept_waiting(context: Any) -> None:
    assert 0.9 <= context.waited_seconds < 5, context.waited_seconds


# -- then: the job


@then("its last state is {state}")
def ends_as(context: Any, state: str) -> None:
    context.job = ada(context).wait_for(context.jobs[-1], *FINAL)
    assert context.job["state"] == state, context.job


@then("the job is CANCELLED already")
def is_cancelled_already(context: Any) -> None:
    assert last(context).status_code == 202
    assert last(context).json()["state"] == "CANCELLED"


@then("the job is WAITING at position {position:d}, with {ahead:d} ahead")
def waits_at(context: Any, position: int, ahead: int) -> None:
    job = ada(context).job(context.jobs[-1])
    assert (job["state"], job["queue"]) == ("WAITING", {"position": position, "ahead": ahead}), job


@then("it passed through {states}")
def passed_through(context: Any, states: str) -> None:
    assert [moment["state"] for moment in context.job["history"]] == states.split(", ")


@then("it was never started")
def never_started(context: Any) -> None:
    assert ada(context).job(context.jobs[-1])["attempts"] == []


@then("its one attempt ended as cancelled")
def attempt_was_cancelled(context: Any) -> None:
    assert [attempt["outcome"] for attempt in context.job["attempts"]] == ["cancelled"]


@then("the job says that its first worker was lost")
def a_worker_was_lost(context: Any) -> None:
    attempts = context.job["attempts"]
    assert attempts[0]["rescues"] or len(attempts) > 1, attempts


@then('it ran on the device "{device}"')
def ran_on(context: Any, device: str) -> None:
    assert context.job["device"] == device


@then('its error code is "{code}"')
def error_code_is(context: Any, code: str) -> None:
    assert context.job["error"]["code"] == code


@then("its counts add up to {shots:d}")
def counts_add_up(context: Any, shots: int) -> None:
    assert sum(counts(context).values()) == shots


@then('its counts are {shots:d} times "{outcome}"')
def counts_are(context: Any, shots: int, outcome: str) -> None:
    assert counts(context) == {outcome: shots}


def counts(context: Any) -> dict[str, int]:
    """What the device measured."""
    answer = ada(context).get(f"/v1/jobs/{context.jobs[-1]}/result")
    assert answer.status_code == 200, answer.text
    found: dict[str, int] = answer.json()["counts"]
    return found


@then("ada has no jobs")
def has_no_jobs(context: Any) -> None:
    assert ada(context).jobs() == []


@then("ada's key still opens the door")
def key_still_works(context: Any) -> None:
    assert ada(context).get("/v1/jobs").status_code == 200


@then("every job ends as COMPLETED")
def all_complete(context: Any) -> None:
    assert {job["id"] for job in ada(context).jobs()} == set(context.jobs)
    for job_id in context.jobs:
        assert ada(context).wait_for(job_id, *FINAL)["state"] == "COMPLETED"


# -- then: other people


@then("grace is told that there is no such job when she asks for it, its result or its program")
def grace_sees_nothing(context: Any) -> None:
    for path in ("", "/result", "/program"):
        check_refusal(context.customers["grace"].get(f"/v1/jobs/{context.jobs[-1]}{path}"), 404, "job-not-found")


@then("grace cannot cancel it")
def grace_cannot_cancel(context: Any) -> None:
    check_refusal(context.customers["grace"].cancel(context.jobs[-1]), 404, "job-not-found")


@then("grace's list does not show it")
def graces_list_is_empty(context: Any) -> None:
    assert context.customers["grace"].jobs() == []


@then('somebody without a key is refused with {status:d} and the code "{code}"')
def nobody_is_refused(context: Any, status: int, code: str) -> None:
    stranger = Customer(f"http://127.0.0.1:{context.installation.port}", {})
    check_refusal(stranger.get(f"/v1/jobs/{context.jobs[-1]}"), status, code)
