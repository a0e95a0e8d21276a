"""The options of a QDMI device, read once and checked; secrets come from a file or the environment alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mqt.core import qdmi

from qcjob.errors import ConfigurationError
from workers.drivers.http_options import read_token

_FORMATS = {"openqasm3": qdmi.ProgramFormat.QASM3, "openqasm2": qdmi.ProgramFormat.QASM2}
_SESSION = ("driver_path", "auth_file", "auth_url", "username", "project_id", *(f"custom{n}" for n in range(1, 6)))

KNOWN = {"device_id", "num_qubits", "format", "token_env", "token_file", *_SESSION}
"""Every option there is."""

MOST_QUBITS = 24
"""Of a device that names no limit a simulator could keep: DDSIM says 65,535."""


@dataclass(frozen=True, slots=True)
class QdmiOptions:
    """`[devices.NAME.options]` of a QDMI device.

    device_id    as the session lists it, such as mqt.ddsim.default
    num_qubits   the first so many of its qubits; default all, or 24 of a device whose qubits are all coupled
    format       openqasm3 or openqasm2; default what the device reads, 3 before 2
    driver_path  the QDMI driver's shared library; default MQT Core's own
    token_env, token_file, auth_file, auth_url, username, project_id, custom1 … custom5: the session's parameters
    """

    device_id: str
    num_qubits: int | None = None
    formats: tuple[qdmi.ProgramFormat, ...] = ()
    session: Mapping[str, str] = field(default_factory=dict, repr=False)


def read_options(name: str, options: Mapping[str, Any]) -> QdmiOptions:
    """The options of the device of this name. Raises ConfigurationError."""

    def wrong(what: str) -> ConfigurationError:
        return ConfigurationError(f"device {name}: {what}")

    for secret in ("token", "password"):
        if secret in options:
            raise wrong(f"a {secret} does not belong into the file: use token_env, token_file or auth_file")
    if unknown := set(options) - KNOWN:
        raise wrong(f"unknown options {', '.join(sorted(unknown))}; known: {', '.join(sorted(KNOWN))}")
    texts = {key: options[key] for key in ("device_id", "format", *_SESSION) if key in options}
    for key, text in texts.items():
        if not isinstance(text, str) or not text:
            raise wrong(f"{key} = {text!r:.40}: wanted a text")
    if "device_id" not in texts:
        raise wrong("device_id is missing: wanted the id of a QDMI device, such as mqt.ddsim.default")
    if texts.get("format", "openqasm3") not in _FORMATS:
        raise wrong(f"format = {texts['format']!r:.40}: wanted one of {', '.join(_FORMATS)}")
    qubits = options.get("num_qubits")
    if qubits is not None and (isinstance(qubits, bool) or not isinstance(qubits, int) or qubits < 1):
        raise wrong(f"num_qubits = {qubits!r:.40}: wanted a whole number, 1 or more")
    session = {key: text for key, text in texts.items() if key in _SESSION}
    if token := read_token(options, wrong):
        session["token"] = token
    formats = (_FORMATS[texts["format"]],) if "format" in texts else ()
    return QdmiOptions(texts["device_id"], qubits, formats, session)
