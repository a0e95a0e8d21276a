"""Programs as given and as compiled, and what they cost."""

from __future__ import annotations

from marshmallow import fields

from qcjob.web.schemas.shapes import Strict, figure, integer, string


class CompilationOut(Strict):
    """What a compiled program costs on its device."""

    qubits_used = integer()
    depth = integer("Operations on the longest way through the program.")
    gates = fields.Dict(
        keys=fields.String(), values=fields.Integer(), required=True, metadata={"description": "How many of each."}
    )
    two_qubit_gates = integer()
    optimization_level = integer("0 to 3; null where no transpiler was at work.", null=True)
    seconds_per_shot = figure("Null where the device says nothing of its gates' durations.")
    estimated_seconds = figure("Of all shots; null where those of one are not known.")
    cost = integer("What the job counts for its customer's share and quota: microseconds of device time, see rank.md.")
    implicit_measurement = fields.Boolean(
        required=True, metadata={"description": "The program measures nothing: every qubit is measured at its end."}
    )
    compile_seconds = figure("Null for rotations, which take microseconds.")
    cached = fields.Boolean(required=True, metadata={"description": "It was compiled before, for the same target."})


class AskedOut(Strict):
    """What was asked for, after defaults."""

    name = string(null=True)
    tags = fields.List(fields.String(), required=True)
    device = string()
    runtime = string()
    language = string()
    shots = integer()
    seed = integer(null=True)
    options = fields.Dict(keys=fields.String(), required=True)
    retries = fields.Integer(metadata={"description": "Only if the request named it."})
    on_uncertain = fields.String(metadata={"description": "Only if the request named it."})
    tier = fields.Integer(metadata={"description": "Only if the owner named it."})
    start_after = fields.String(metadata={"description": "Only if the request named it.", "format": "date-time"})
    not_after = fields.String(metadata={"description": "Only if the request named it.", "format": "date-time"})
    session = fields.String(metadata={"description": "Only if the request named it, and it was not moved since."})


class DryRunOut(AskedOut):
    """What a submit would run."""

    dry_run = fields.Boolean(required=True)
    program = fields.Dict(required=True, metadata={"description": "The compiled program a driver would be given."})
    compilation = fields.Nested(CompilationOut, required=True)


class ProgramOut(Strict):
    """A job's program, as given and as compiled."""

    id = string()
    language = string()
    runtime = string()
    source = string()
    compiled = fields.Dict(required=True)
