"""The forms of a compiled program as JSON Schema (2020-12): what drivers are given and users are shown.

Format 1 is a list of operations; format 2 adds control flow: docs/drivers.md explains both. Format 3 is several of
them, which users are shown and drivers are given one by one: docs/results.md.
"""

from __future__ import annotations

from typing import Any

from qcjob.gates import GATES

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]

_INDEX: Schema = {"type": "integer", "minimum": 0}
_NUMBER: Schema = {"type": "number"}
_NUMBERS: Schema = {"type": "object", "additionalProperties": _NUMBER}
_INDEXES: Schema = {"type": "array", "items": _INDEX}


def _tuple(*parts: Schema) -> Schema:
    return {"type": "array", "prefixItems": list(parts), "minItems": len(parts), "maxItems": len(parts)}


def _many(item: Schema, number: int | None = None) -> Schema:
    exactly = {} if number is None else {"minItems": number, "maxItems": number}
    return {"type": "array", "items": item, **exactly}


def _operations(angle: Schema) -> list[Schema]:
    """One shape for all gates of as many qubits and angles, and one for each other operation."""
    shapes: dict[tuple[int, int], list[str]] = {}
    for name, shape in GATES.items():
        shapes.setdefault(shape, []).append(name)
    number = _NUMBER
    return [
        *(
            _tuple({"enum": names}, _many(_INDEX, qubits), _many(angle, angles))
            for (qubits, angles), names in shapes.items()
        ),
        _tuple({"const": "measure"}, _many(_INDEX, 1), _many(number, 0), _many(_INDEX, 1)),
        _tuple({"const": "reset"}, _many(_INDEX, 1), _many(number, 0)),
        _tuple({"const": "barrier"}, _INDEXES, _many(number, 0)),
        _tuple({"const": "delay"}, _many(_INDEX, 1), _many({"type": "number", "minimum": 0}, 1)),
    ]


_EXPRESSION: Schema = {"$ref": "#/$defs/expression"}
_OPERATIONS: Schema = _many({"$ref": "#/$defs/operation"})
_TYPE: Schema = {"anyOf": [{"const": "bool"}, _tuple({"const": "uint"}, {"type": "integer", "minimum": 1})]}
_BINARY = (
    *("and", "or", "bit_and", "bit_or", "bit_xor", "equal", "not_equal", "less", "less_equal", "greater"),
    *("greater_equal", "shift_left", "shift_right", "add", "sub", "mul", "div", "index"),
)
_EXPRESSIONS = [
    _tuple({"const": "lit"}, {"anyOf": [{"type": "boolean"}, _INDEX]}, _TYPE),
    _tuple({"const": "clbit"}, _INDEX),
    _tuple({"const": "creg"}, _INDEXES),
    _tuple({"enum": ["not", "bit_not"]}, _EXPRESSION),
    _tuple({"enum": list(_BINARY)}, _EXPRESSION, _EXPRESSION),
    _tuple({"const": "cast"}, _TYPE, _EXPRESSION),
]
_CASES = _many(_tuple({"anyOf": [_many(_INDEX), {"const": "default"}]}, _OPERATIONS))
_CONTROL_FLOW = [
    _tuple({"const": "if"}, _EXPRESSION, _OPERATIONS, _OPERATIONS),
    _tuple({"const": "while"}, _EXPRESSION, _OPERATIONS),
    _tuple({"const": "switch"}, _EXPRESSION, _CASES),
    _tuple({"enum": ["break", "continue"]}),
    _tuple({"const": "assign"}, _many(_INDEX, 0), _many(_NUMBER, 0), _many(_INDEX, 1), _EXPRESSION),
]


def _program(number: int, title: str, operations: list[Schema], **definitions: Schema) -> Schema:
    wires = {"type": "object", "additionalProperties": _many({"anyOf": [_INDEX, {"type": "null"}]})}
    return {
        "$schema": DIALECT,
        "title": title,
        "type": "object",
        "properties": {
            "format": {"const": number},
            "qubits": {**_INDEX, "description": "How many wires the operations use."},
            "clbits": {**_INDEX, "description": "How many classical bits a count's key has."},
            "registers": {
                "type": "object",
                "additionalProperties": _INDEXES,
                "description": "The clbits of each classical register, its bit 0 first.",
            },
            "layout": {**_INDEXES, "description": "The device's qubit of each wire."},
            "qubit_registers": {**wires, "description": "The wire each qubit of the program starts on; null: unused."},
            "final_layout": {**wires, "description": "The wire each qubit of the program ends on; null: unused."},
            "calibration": {"type": "string", "description": "The calibration it was compiled for, if there was one."},
            "ops": {
                **_OPERATIONS,
                "description": "In their order; angles in radians, delays in seconds.",
            },
        },
        "required": ["format", "qubits", "clbits", "registers", "layout", "ops"],
        "additionalProperties": False,
        "$defs": {"operation": {"anyOf": operations}, **definitions},
    }


def _several(circuit: Schema) -> Schema:
    part = {
        "type": "object",
        "properties": {
            "circuit": {**_INDEX, "description": "Which of the circuits it runs."},
            "basis": {"type": "string", "description": "What is measured of each qubit, the rightmost letter qubit 0."},
            "binding": {**_NUMBERS, "description": "The values of the parameters, radians."},
        },
        "required": ["circuit"],
        "additionalProperties": False,
    }
    own = {name: schema for name, schema in circuit.items() if name not in ("$schema", "$defs", "title")}
    own["properties"] = {**circuit["properties"], "format": {"enum": [1, 2]}}
    return {
        "$schema": DIALECT,
        "title": "A compiled program, format 3",
        "type": "object",
        "properties": {
            "format": {"const": 3},
            "circuits": {**_many(own), "description": "Of format 1 or 2; an angle may be a sum over parameters."},
            "parts": {**_many(part), "description": "What is run, one after another."},
            "calibration": circuit["properties"]["calibration"],
        },
        "required": ["format", "circuits", "parts"],
        "additionalProperties": False,
        "$defs": circuit["$defs"],
    }


_SUM: Schema = {
    "anyOf": [_NUMBER, {**_NUMBERS, "description": "By the parameter's name its factor; by '' what is added."}]
}

PROGRAM_SCHEMAS: dict[int, Schema] = {
    1: _program(1, "A compiled program, format 1", _operations(_NUMBER)),
    2: _program(
        2, "A compiled program, format 2", [*_operations(_NUMBER), *_CONTROL_FLOW], expression={"anyOf": _EXPRESSIONS}
    ),
    3: _several(_program(2, "", [*_operations(_SUM), *_CONTROL_FLOW], expression={"anyOf": _EXPRESSIONS})),
}
"""By the number of the format."""
