"""The options of an IQM device: those of any HTTP device, and which quantum computer of the server it is."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from qcjob.errors import ConfigurationError
from workers.drivers.http_options import HttpOptions
from workers.drivers.http_options import read_options as read_http_options

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_OWN = ("quantum_computer", "calibration_set_id", "use_timeslot", "max_circuit_duration_over_t2")


@dataclass(frozen=True, slots=True)
class IqmOptions:
    """`[devices.NAME.options]` of an IQM device, beside url, token_env, token_file, timeouts and circuit.

    quantum_computer              its alias, as the server lists it
    calibration_set_id            a calibration set to stay with; default the server's default, whatever that is then
    use_timeslot                  jobs go to the account's timeslot, not into the common queue
    max_circuit_duration_over_t2  circuits longer than this share of T2 are refused by the server; default the server's
    """

    http: HttpOptions
    quantum_computer: str
    calibration_set_id: str | None = None
    use_timeslot: bool = False
    max_circuit_duration_over_t2: float | None = None


def read_options(name: str, options: Mapping[str, Any]) -> IqmOptions:
    """The options of the device of this name. Raises ConfigurationError."""

    def wrong(what: str) -> ConfigurationError:
        return ConfigurationError(f"device {name}: {what}")

    if "dedup" in options:
        raise wrong("dedup cannot be chosen: the server knows no id but its own")
    http = read_http_options(name, {key: value for key, value in options.items() if key not in _OWN})
    parts = urlsplit(http.url)
    if http.token and parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise wrong(f"url = {http.url!r}: a token is not sent over plain http to another machine; use https")
    computer = options.get("quantum_computer")
    if not isinstance(computer, str) or not computer:
        raise wrong("quantum_computer is missing: wanted its alias, such as garnet")
    calibration = options.get("calibration_set_id")
    if calibration is not None and not is_uuid(calibration):
        raise wrong(f"calibration_set_id = {calibration!r:.80}: wanted a UUID")
    if not isinstance(options.get("use_timeslot", False), bool):
        raise wrong(f"use_timeslot = {options['use_timeslot']!r:.40}: wanted true or false")
    longest = options.get("max_circuit_duration_over_t2")
    if longest is not None and (isinstance(longest, bool) or not isinstance(longest, int | float) or longest < 0):
        raise wrong(f"max_circuit_duration_over_t2 = {longest!r:.40}: wanted a number, 0 or more")
    return IqmOptions(http, computer, calibration, options.get("use_timeslot", False), longest)


def is_uuid(text: object) -> bool:
    """Whether this is a UUID as IQM writes its ids."""
    try:
        return isinstance(text, str) and str(uuid.UUID(text)) == text.lower()
    except ValueError:
        return False
