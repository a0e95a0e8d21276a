"""What a job ends with, and its receipt."""

from __future__ import annotations

from marshmallow import fields

from qcjob.web.schemas.jobs import PartsOut
from qcjob.web.schemas.shapes import Strict, integer, moment, string

TARGET_HASH = "Of the device's target when it gave the result, as canonical JSON; null: the device did not say it."


def _binding() -> fields.Dict:
    about = "The values of the program's parameters, radians."
    return fields.Dict(keys=fields.String(), values=fields.Float(), metadata={"description": about})


def _next() -> fields.String:
    return fields.String(metadata={"description": "Only where there are more outcomes: the `cursor` of the next page."})


def _mitigated() -> fields.Dict:
    about = "The counts with readout errors undone: quasi-probabilities, which add up to 1."
    return fields.Dict(keys=fields.String(), values=fields.Float(), metadata={"description": about})


def _overhead() -> fields.Float:
    return fields.Float(metadata={"description": "By how much that widens the variance of an estimate, at most."})


def _not_mitigated() -> fields.String:
    return fields.String(metadata={"description": "Why readout errors could not be undone."})


class RanOut(Strict):
    """What produced the counts."""

    program = fields.Dict(required=True)
    language = string()
    device = string()
    runtime = string()
    compiler = fields.Raw(required=True, allow_none=True)
    seed = integer(null=True)
    calibration = fields.Raw(required=True, allow_none=True)


class RegisterOut(Strict):
    """A classical register of the program."""

    name = string()
    size = integer()
    clbits = fields.List(fields.Integer(), required=True, metadata={"description": "Its bit 0 first."})


class ExpectationOut(Strict):
    """An observable's value, with its standard error; again with readout errors undone, where that was asked for."""

    observable = fields.Raw(required=True, metadata={"description": "As it was asked for."})
    binding = _binding()
    value = fields.Float(required=True)
    standard_error = fields.Float(required=True)
    mitigated_value = fields.Float()
    mitigated_standard_error = fields.Float()


class PartOut(Strict):
    """One of the circuits of a job of several."""

    basis = fields.String(metadata={"description": "What was measured of each qubit, the rightmost letter qubit 0."})
    binding = _binding()
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    next = _next()
    mitigated, overhead, not_mitigated = _mitigated(), _overhead(), _not_mitigated()
    seed = integer(null=True)
    calibration = fields.Raw(required=True, allow_none=True)


class ResultOut(Strict):
    """A COMPLETED job's result; with `partial`, that of the parts that are over of a job that is not."""

    schema = integer("The version of this document's form: 1.")
    id = string()
    counts = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)
    shots = integer()
    next = _next()
    so_far = fields.Nested(
        PartsOut, data_key="partial", metadata={"description": "Only where not all parts are over: how many are."}
    )
    bit_order = string()
    mitigated, overhead, not_mitigated = _mitigated(), _overhead(), _not_mitigated()
    expectation_values = fields.List(
        fields.Nested(ExpectationOut), metadata={"description": "Of the job's observables, in their order."}
    )
    parts = fields.List(
        fields.Nested(PartOut), metadata={"description": "Of a job of several circuits; `counts` are the first one's."}
    )
    registers = fields.List(fields.Nested(RegisterOut), metadata={"description": "Of a program in OpenQASM."})
    ran = fields.Nested(RanOut, required=True)


class MemoryOut(Strict):
    """Outcomes of shots, in the order they were taken."""

    schema = integer("The version of this document's form: 1.")
    id = string()
    part = integer("Of a job of several circuits; else 0.")
    offset = integer("The first shot here, from 0.")
    shots = integer("All that were taken; the last page ends there.")
    clbits = integer()
    bit_order = string()
    memory = fields.Raw(
        required=True, metadata={"description": "A list of bitstrings; or, packed, the base64 of their rows."}
    )


class RanOnOut(Strict):
    """What some parts of a job of several ran on."""

    calibration = fields.Raw(required=True, allow_none=True)
    target_sha256 = string(TARGET_HASH, null=True)


class SignatureOut(Strict):
    """Ed25519 over the canonical JSON of the receipt without this."""

    alg = string()
    key = fields.Dict(required=True, metadata={"description": "The public key, a JWK (RFC 8037)."})
    value = string("base64url, without padding.")


class ReceiptOut(Strict):
    """What ran, in hashes (hex SHA-256), signed."""

    schema = integer("The version of this document's form: 1.")
    job = string()
    device = string()
    runtime = string()
    language = string()
    shots = integer()
    seed = integer(null=True)
    submitted_at = moment()
    completed_at = moment()
    attempt = integer()
    calibration = fields.Raw(required=True, allow_none=True)
    compiler = fields.Raw(required=True, allow_none=True)
    service = string()
    target_sha256 = string(TARGET_HASH, null=True)
    targets = fields.List(
        fields.Nested(RanOnOut),
        metadata={"description": "Only where parts ran on different calibrations or targets: each of them, once."},
    )
    source_sha256 = string("Of the source's UTF-8.")
    program_sha256 = string("Of `ran.program` as canonical JSON.")
    counts_sha256 = string("Of `counts` as canonical JSON.")
    parts_sha256 = fields.String(
        metadata={"description": "Only of a job of several circuits: of the list of their `counts`, as canonical JSON."}
    )
    signature = fields.Nested(SignatureOut, required=True)
