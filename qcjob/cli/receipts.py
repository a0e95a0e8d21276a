"""`receipt`, `target` and `verify`: fetch what the service signed about a run, and find out whether to believe it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from qcjob.canonical import hash_document, hash_text
from qcjob.cli.exits import CANNOT, DONE, REFUSED, stop
from qcjob.cli.options import Common, common, pass_common
from qcjob.cli.problems import asking, printable
from qcjob.cli.show import echo_json
from qcjob.client import Client, Problem, Unreachable, Unusable
from qcjob.errors import ReceiptRefused
from qcjob.security.receipts import check_signature, hash_parts

_FILE = click.Path(dir_okay=False, path_type=Path, allow_dash=True)


@click.command(
    epilog="""\b
Example:
  python -m qcjob receipt 0198c0de-… > receipt.json

\b
Ends with 3 while the job has not ended, with 1 when it FAILED or was CANCELLED."""
)
@click.argument("job_id", metavar="ID")
@common
@pass_common
def receipt(shared: Common, job_id: str) -> None:
    """Print the signed receipt of a COMPLETED job, as JSON."""
    with asking(shared) as client:
        echo_json(client.receipt(job_id))


@click.command(
    epilog="""\b
Example:
  python -m qcjob target simulator > target.json

\b
Read it when the job runs: after the next calibration the device has another."""
)
@click.argument("device", metavar="DEVICE")
@common
@pass_common
def target(shared: Common, device: str) -> None:
    """Print what a device can run, as JSON.

    What programs for it are compiled for: gates, couplings, figures, calibration.
    """
    with asking(shared) as client:
        echo_json(client.target(device))


@click.command(
    epilog="""\b
Examples:
  python -m qcjob verify receipt.json
  python -m qcjob verify receipt.json --result result.json --program bell.qasm
  python -m qcjob verify receipt.json --target target.json
  python -m qcjob verify receipt.json --key jwks.json        # nobody is asked

\b
Exit codes:
  0  the receipt is as it was signed, and everything held to it fits
  1  it is not
  2  could not look: a file cannot be read, or nobody answers at --url"""
)
@click.argument("file", metavar="RECEIPT", type=_FILE)
@click.option(
    "--key", "key_file", metavar="FILE", type=_FILE, help="The public key: a JWK or a JWK set. Default: ask --url."
)
@click.option("--result", "result_file", metavar="FILE", type=_FILE, help="A result, as `result -o json` prints it.")
@click.option("--program", "program_file", metavar="FILE", type=_FILE, help="The program's text as submitted.")
@click.option("--target", "target_file", metavar="FILE", type=_FILE, help="The device's target, as `target` prints it.")
@common
@pass_common
def verify(
    shared: Common,
    file: Path,
    key_file: Path | None,
    result_file: Path | None,
    program_file: Path | None,
    target_file: Path | None,
) -> None:
    """Find out whether a receipt is to be believed.

    Whether it is as the service signed it, and whether these files are what it speaks of.
    """
    receipt = _read_json(file)
    try:
        key_id = _check_key(receipt, _keys(shared, key_file))
        if result_file is not None:
            _hold_result(receipt, _read_json(result_file))
        if program_file is not None:
            _hold(receipt, "source_sha256", hash_text(_read(program_file)), "the program")
        if target_file is not None:
            _hold_target(receipt, _read_json(target_file))
    except ReceiptRefused as error:
        stop(REFUSED, f"not to be believed: {printable(str(error))}", {"valid": False, "reason": str(error)})
    if shared.as_json:
        echo_json({"valid": True, "key": key_id, "job": receipt.get("job")})
    else:
        click.echo(f"valid: job {printable(str(receipt.get('job')))}, signed with key {key_id}")
    stop(DONE)


def _check_key(receipt: Mapping[str, Any], keys: list[Mapping[str, Any]]) -> str:
    refused = ReceiptRefused("there is no key to hold it to")
    for key in keys:
        try:
            return check_signature(receipt, key)
        except ReceiptRefused as error:
            refused = error
    raise refused


def _hold_result(receipt: Mapping[str, Any], result: Mapping[str, Any]) -> None:
    if result.get("id") != receipt.get("job"):
        raise ReceiptRefused(f"it speaks of job {receipt.get('job')!r:.80}, the result is of {result.get('id')!r:.80}")
    ran = result.get("ran")
    if not isinstance(ran, dict):
        raise ReceiptRefused("the result does not say what ran")
    for name in _SAID_TWICE:
        if name in receipt and (found := ran.get(name, result.get(name))) != receipt[name]:
            raise ReceiptRefused(f"its {name} is {receipt[name]!r:.80}, the result says {found!r:.80}")
    _hold(receipt, "counts_sha256", hash_document(result.get("counts")), "the counts")
    if "parts_sha256" in receipt:
        _hold(receipt, "parts_sha256", _hash_of_parts(result.get("parts")), "the counts of the parts")
    _hold(receipt, "program_sha256", hash_document(ran.get("program")), "what ran")


_SAID_TWICE = ("device", "runtime", "language", "shots", "seed", "compiler", "calibration")
"""What a result says in the open and its receipt too."""


def _hold_target(receipt: Mapping[str, Any], target: Mapping[str, Any]) -> None:
    """A job of several may have run on several targets: the file is to be one of them."""
    targets = receipt.get("targets")
    others = [each.get("target_sha256") for each in targets] if isinstance(targets, list) else []
    if receipt.get("target_sha256") is None and not any(others):
        raise ReceiptRefused("it names no target: the device did not say what it was")
    found = hash_document(target)
    if found not in others:
        _hold(receipt, "target_sha256", found, "the target")


def _hash_of_parts(parts: object) -> str:
    """Of whatever stands there: only a list of parts can be the one that was signed."""
    if not isinstance(parts, list) or not all(isinstance(part, dict) and "counts" in part for part in parts):
        return hash_document(parts)
    return hash_parts(parts)


def _hold(receipt: Mapping[str, Any], name: str, found: str, what: str) -> None:
    if receipt.get(name) != found:
        raise ReceiptRefused(f"{what} is not what it speaks of: {name} is {receipt.get(name)!r:.80}, found {found}")


def _keys(shared: Common, key_file: Path | None) -> list[Mapping[str, Any]]:
    if key_file is not None:
        document = _read_json(key_file)
    else:
        try:
            with Client(shared.url) as client:
                document = client.receipt_keys()
        except (Problem, Unreachable, Unusable) as error:
            stop(CANNOT, f"could not look: {printable(str(error))}\nGive the public key with --key to ask nobody.")
    keys = document.get("keys", [document])
    return [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []


def _read(path: Path) -> str:
    try:
        with click.open_file(str(path), "rb") as file:  # as it is: a line break that changes is another program
            return bytes(file.read()).decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        stop(CANNOT, f"could not look: {path} cannot be read ({reason})")


def _read_json(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(_read(path))
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        stop(CANNOT, f"could not look: {path} holds no JSON object")
    return document
