"""The options of a device of Amazon Braket. Credentials are AWS's own affair: environment, profile or role."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qcjob.errors import ConfigurationError

_ARN = re.compile(r"arn:[\w-]+:braket:([\w-]*):\d*:device/[\w/.-]+")


@dataclass(frozen=True, slots=True)
class BraketOptions:
    """`[devices.NAME.options]` of a device of Amazon Braket.

    device_arn   which device
    s3_bucket    where Braket lays results; the worker may read it
    s3_prefix    a folder in it
    region       default the ARN's, or AWS_DEFAULT_REGION for a simulator, whose ARN names none
    endpoint_url another service than Amazon's, for tests; AWS_ENDPOINT_URL does the same
    verbatim     whether programs are given as native gates that Braket's compilers leave alone; default where the
                 device tells native gates that qcjob knows
    """

    device_arn: str
    s3_bucket: str
    s3_prefix: str = "qcjob"
    region: str | None = None
    endpoint_url: str | None = None
    verbatim: bool | None = None


def read_options(name: str, options: Mapping[str, Any]) -> BraketOptions:
    """The options of the device of this name. Raises ConfigurationError."""

    def wrong(what: str) -> ConfigurationError:
        return ConfigurationError(f"device {name}: {what}")

    if unknown := set(options) - set(BraketOptions.__slots__):
        known = ", ".join(BraketOptions.__slots__)
        raise wrong(f"unknown options {', '.join(sorted(unknown))}; known: {known}")
    for key, value in options.items():
        wanted = "true or false" if key == "verbatim" else "a text"
        if not isinstance(value, bool if key == "verbatim" else str) or value == "":
            raise wrong(f"{key} = {value!r:.80}: wanted {wanted}")
    arn = _ARN.fullmatch(str(options.get("device_arn", "")))
    if arn is None:
        found = options.get("device_arn")
        raise wrong(f"device_arn = {found!r:.120}: wanted arn:aws:braket:REGION::device/qpu/PROVIDER/NAME")
    if "s3_bucket" not in options:
        raise wrong("s3_bucket is missing: Braket lays results into a bucket, amazon-braket-…")
    return BraketOptions(**{**options, "region": options.get("region", arn[1] or None)})
