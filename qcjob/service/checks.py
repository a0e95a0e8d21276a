"""What a job may ask for, checked by meaning at the door."""

from __future__ import annotations

from collections.abc import Sequence

from qcjob.bindings import ALLOWED as BINDINGS_ALLOWED
from qcjob.bindings import fault_in
from qcjob.compiler import RUNTIMES
from qcjob.devices.config import DeviceConfig
from qcjob.errors import FieldError, InvalidRequest, QuotaShots, TierNotAllowed
from qcjob.job import ON_UNCERTAIN
from qcjob.languages import LANGUAGES
from qcjob.rank import TIERS, Privileges
from qcjob.service.catalogue import Catalogue
from qcjob.service.labels import check_label, is_label, shown
from qcjob.service.options import option_errors, options_for
from qcjob.service.request import JobRequest, devices_for

MAX_TAGS = 20
MAX_TAG = 64
MAX_SEED = 2**63 - 1
MAX_RETRIES = 10
LAST_MOMENT = 7_258_118_400_000_000
"""2200-01-01 in microseconds: the ledger's scripts count them in doubles, exact until 2255."""


def check_request(request: JobRequest, catalogue: Catalogue) -> DeviceConfig:
    """The device a complete request goes to. Raises InvalidRequest with every wrong field and what it may be."""
    errors: list[FieldError] = []

    def wrong(name: str, message: str, allowed: str | Sequence[str]) -> None:
        errors.append(FieldError(name, message, allowed))

    if request.language not in LANGUAGES:
        wrong("language", f"{shown(request.language)} is not a language", LANGUAGES)
    if request.runtime not in RUNTIMES:
        wrong("runtime", f"{shown(request.runtime)} is not a runtime", RUNTIMES)
    device = catalogue.configs.get(request.device or "")
    if device is None:
        wrong("device", f"{shown(request.device)} is not a device", catalogue.names)
    elif request.runtime in RUNTIMES:
        allowed = devices_for(request.runtime, catalogue)
        if device.name not in allowed:
            wrong("device", f"runtime {request.runtime} does not run on {device.name}", allowed)
    most = device.max_shots if device else catalogue.configs[catalogue.default].max_shots
    if request.shots is None or not 1 <= request.shots <= most:
        wrong("shots", f"{shown(request.shots)} is out of range", f"a whole number from 1 to {most}")
    if request.seed is not None and not 0 <= request.seed <= MAX_SEED:
        wrong("seed", f"{shown(request.seed)} is out of range", f"a whole number from 0 to {MAX_SEED}")
    errors += check_label("name", request.name)
    if len(request.tags) > MAX_TAGS:
        wrong("tags", f"{len(request.tags)} tags are too many", f"at most {MAX_TAGS}")
    elif not all(is_label(tag, MAX_TAG) for tag in request.tags):
        wrong("tags", "one is empty, too long or not plain text", f"each 1 to {MAX_TAG} printable characters")
    if request.retries is not None and not 0 <= request.retries <= MAX_RETRIES:
        wrong("retries", f"{shown(request.retries)} is out of range", f"a whole number from 0 to {MAX_RETRIES}")
    errors += check_tier(request.tier)
    errors += check_moment("start_after", request.start_after) + check_moment("not_after", request.not_after)
    if request.start_after is not None and request.not_after is not None and request.start_after >= request.not_after:
        wrong("not_after", "is not later than start_after", "a time after start_after")
    if request.on_uncertain not in (None, *ON_UNCERTAIN):
        wrong("on_uncertain", f"{shown(request.on_uncertain)} cannot be done", ON_UNCERTAIN)
    if request.bindings is not None and (fault := fault_in(request.bindings)):
        wrong("bindings", fault, BINDINGS_ALLOWED)
    if device is not None:
        errors += option_errors(request.options, options_for(request, catalogue.job_options(device.name)))
    if errors:
        raise InvalidRequest(errors)
    assert device is not None
    return device


def check_tier(tier: int | None) -> list[FieldError]:
    """What is wrong with the number of a tier."""
    if tier is None or tier in TIERS:
        return []
    return [FieldError("tier", f"{shown(tier)} is not a tier", [str(tier) for tier in TIERS])]


def check_moment(field: str, moment: int | None) -> list[FieldError]:
    """What is wrong with a time, in microseconds since the epoch."""
    if moment is None or 0 <= moment <= LAST_MOMENT:
        return []
    return [FieldError(field, "is out of range", "a time from 1970 to 2200")]


def check_privileges(request: JobRequest, best: int, privileges: Privileges) -> None:
    """What a customer may ask for, whose best tier is `best`. Raises TierNotAllowed, QuotaShots."""
    check_allowed(best if request.tier is None else request.tier, best)
    if privileges.shots is not None and request.shots is not None and request.shots > privileges.shots:
        raise QuotaShots("shots", f"{request.shots} shots are more than you may ask for", f"at most {privileges.shots}")


def check_allowed(tier: int, best: int) -> None:
    """Raises TierNotAllowed for a tier that is better than the best allowed."""
    if tier < best:
        allowed = " or ".join(str(allowed) for allowed in TIERS if allowed >= best)
        raise TierNotAllowed("tier", f"tier {tier} is better than you are allowed", allowed)
