"""`doctor`: is the ledger sound? On the ledger itself; no web needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

import click
import redis

from qcjob import logs
from qcjob.cli.exits import CANNOT, DONE, REFUSED, stop
from qcjob.cli.options import Common, common, pass_common
from qcjob.cli.show import echo_json
from qcjob.compile_service.cache import MOST_BYTES, PLACES, Cache, CacheState
from qcjob.compile_service.client import can_compile
from qcjob.devices.config import load_devices
from qcjob.errors import CompilerBusy, LedgerUnavailable
from qcjob.ledger import Ledger
from qcjob.ledger.checkup import Checkup, Finding
from qcjob.ledger.scripts import PREFIX
from qcjob.service.catalogue import Catalogue
from qcjob.service.proving import unfit
from qcjob.settings import Settings
from qcjob.wiring import build_compilation, build_ledger

T = TypeVar("T")


@click.command(
    epilog="""\b
Examples:
  python -m qcjob doctor
  python -m qcjob doctor --repair
  python -m qcjob doctor -o json | jq '.findings[].what'

\b
Exit codes:
  0  content
  1  findings (with --repair: findings, which were mended where that can be done)
  2  could not look"""
)
@click.option("--repair", is_flag=True, help="Mend what can be mended.")
@common
@pass_common
def doctor(shared: Common, repair: bool) -> None:
    """Look whether the ledger is sound; --repair mends it.

    Holds its jobs, ranks, leases, lists, queues and Redis settings against each other, and looks for devices that jobs
    wait for and that are not configured.

    Where OpenQASM is installed, also compile a small program for each configured device, and tell what the cache of
    compiled programs holds and how often it was of use.
    """
    try:
        settings = shared.settings()
        ledger = build_ledger(settings)
    except ValueError as error:
        stop(CANNOT, f"could not look: QCJOB_REDIS_URL cannot be used: {error}")
    try:
        findings = [*Checkup(ledger, repair=repair).run()]
        states = _seen(findings, lambda: [Cache(ledger.client).state()] if can_compile() else [])
        cache = states[0] if states else None  # before the trial compiles, which use it too
        findings += _seen(findings, lambda: forgotten_devices(settings, ledger))
        findings += _seen(findings, lambda: _unfit_devices(settings, ledger))
    except (LedgerUnavailable, redis.RedisError) as error:
        stop(CANNOT, f"could not look: {error}. Is it up? It is the Redis of --data or QCJOB_REDIS_URL.")
    if shared.as_json:
        shown = {"findings": [asdict(finding) for finding in findings], "repaired": repair}
        echo_json({**shown, "compiled_cache": None if cache is None else _as_json(cache)})
    for finding in () if shared.as_json else findings:
        click.echo(f"{finding.where}: {finding.what}")
        if not finding.mend:
            click.echo("    nothing here can mend it")
        else:
            click.echo(f"    {'mended' if repair else 'would mend it'}: {finding.mend}")
    if not findings and not shared.as_json:
        click.echo("content: nothing was found")
    if cache is not None and not shared.as_json:
        click.echo(_in_a_line(cache))
    stop(REFUSED if findings else DONE)


def _seen(before: Sequence[Finding], look: Callable[[], Iterable[T]]) -> list[T]:
    """What a look sees; nothing where a fault that was found before it is in the way."""
    try:
        return list(look())
    except (LedgerUnavailable, redis.ResponseError) as error:
        if not before or not isinstance(error.__cause__ or error, redis.ResponseError):
            raise
        return []


def _as_json(cache: CacheState) -> dict[str, int]:
    return {**asdict(cache), "most_entries": PLACES, "most_bytes": MOST_BYTES}


def _in_a_line(cache: CacheState) -> str:
    share = "" if cache.hit_share is None else f" ({cache.hit_share:.0%} hits)"
    return (
        f"compiled programs kept: {cache.entries:,} of at most {PLACES:,}, "
        f"{cache.bytes / 2**20:.1f} of at most {MOST_BYTES >> 20} MiB; "
        f"{cache.hits:,} hits, {cache.misses:,} misses{share}"
    )


def forgotten_devices(settings: Settings, ledger: Ledger) -> Iterator[Finding]:
    """A finding for each device that jobs wait for and that is not configured: renamed, or of another QCJOB_DEVICES."""
    known = load_devices(settings.devices).all
    seen: Any = ledger.client.smembers(f"{PREFIX}devices")
    gone = sorted({name.decode() for name in seen} - known.keys())
    for name, (_, waiting) in zip(gone, ledger.devices(*gone), strict=True):
        if waiting:
            what = f"not configured here (QCJOB_DEVICES), and jobs wait for it ({waiting:,}): an operator can move them"
            yield Finding(f"device {name}", what, "")


def _unfit_devices(settings: Settings, ledger: Ledger) -> list[Finding]:
    """A finding for each configured device that programs in OpenQASM cannot be compiled for."""
    if not can_compile():
        return []
    logs.configure(service="doctor", level="error", form=settings.log_format)  # to standard error
    catalogue = Catalogue(load_devices(settings.devices), ledger)
    try:
        found = list(unfit(catalogue, build_compilation(settings, ledger, catalogue)))
    except CompilerBusy as error:
        return [Finding("compiler", str(error), "")]
    return [Finding(f"device {name}", what, "") for name, what in found]
