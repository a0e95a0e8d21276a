"""The rotation job string: what is read, and every refusal with its code, line and column."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qcjob.errors import InvalidProgram, InvalidRequest, ProgramTooLong
from qcjob.languages import LANGUAGES, Program, detect, parse
from tests.pace import within

MAX_BYTES = 262_144


def rotations(source: str) -> list[tuple[str, float]]:
    return [(rotation.axis, rotation.degrees) for rotation in parse(source, None, max_bytes=MAX_BYTES).rotations]


def errors(source: str) -> list[tuple[str, int, int]]:
    with pytest.raises(InvalidProgram) as refused:
        parse(source, None, max_bytes=MAX_BYTES)
    return [(error.code, error.line, error.column) for error in refused.value.errors]


def messages(source: str) -> list[str]:
    with pytest.raises(InvalidProgram) as refused:
        parse(source, None, max_bytes=MAX_BYTES)
    return [error.message for error in refused.value.errors]


@pytest.mark.parametrize(
    ("source", "read"),
    [
        ("X(90),Y(90), X(180)", [("X", 90), ("Y", 90), ("X", 180)]),
        ("Z(0)", [("Z", 0)]),
        ("X ( 90 ) ,\nY(90)", [("X", 90), ("Y", 90)]),
        (" \t\r\n X\n(\r90\t)\r\n,\rY(1)\n", [("X", 90), ("Y", 1)]),
        ("X(3600)", [("X", 3600)]),
        ("X(-3.6e3)", [("X", -3600)]),
        ("X(+90)", [("X", 90)]),
        ("X(.5)", [("X", 0.5)]),
        ("X(5.)", [("X", 5)]),
        ("X(1.5E-2)", [("X", 0.015)]),
        ("X(007)", [("X", 7)]),
        ("X(1e-400)", [("X", 0)]),
    ],
)
def test_a_well_formed_program_is_read(source: str, read: list[tuple[str, float]]) -> None:
    assert rotations(source) == read


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", [("empty-program", 1, 1)]),
        (" \n\t\r\n ", [("empty-program", 1, 1)]),
        ("X(90) Y(90)", [("missing-comma", 1, 7)]),
        ("X(90).Y(90)", [("missing-comma", 1, 6)]),
        ("X(90)Y(90)", [("missing-comma", 1, 6)]),
        ("X(90)\n  Y(90)", [("missing-comma", 2, 3)]),
        ("X(90);Y(90);Z(90)", [("missing-comma", 1, 6), ("missing-comma", 1, 12)]),
        ("X(90)\uff0cY(90)", [("missing-comma", 1, 6)]),
        ("X(90) Y(90), X(180)", [("missing-comma", 1, 7)]),
        ("X(90)(80)", [("missing-comma", 1, 6)]),
        ("X(90)\0", [("missing-comma", 1, 6)]),
        ("Q(90), X(90)", [("unknown-axis", 1, 1)]),
        ("x(90)", [("unknown-axis", 1, 1)]),
        ("XY(90)", [("unknown-axis", 1, 1)]),
        ("\u0425(90)", [("unknown-axis", 1, 1)]),
        ("X(90), \u00a0X(90)", [("unknown-axis", 1, 8)]),
        ("\ud800(90)", [("unknown-axis", 1, 1)]),
        ("X(ninety)", [("malformed-rotation", 1, 1)]),
        ("X()", [("malformed-rotation", 1, 1)]),
        ("X", [("malformed-rotation", 1, 1)]),
        ("X(nan)", [("malformed-rotation", 1, 1)]),
        ("X(\uff19\uff10)", [("malformed-rotation", 1, 1)]),
        ("X((90))", [("malformed-rotation", 1, 1)]),
        ("X(90", [("malformed-rotation", 1, 1)]),
        ("X 90", [("malformed-rotation", 1, 1)]),
        ("X(9 0)", [("malformed-rotation", 1, 1)]),
        ("X(- 90)", [("malformed-rotation", 1, 1)]),
        ("X(1_000)", [("malformed-rotation", 1, 1)]),
        ("X(0x10)", [("malformed-rotation", 1, 1)]),
        ("X(.)", [("malformed-rotation", 1, 1)]),
        ("X(1,5)", [("malformed-rotation", 1, 1)]),
        ("(90)", [("malformed-rotation", 1, 1)]),
        ("X(1e400)", [("angle-out-of-range", 1, 1)]),
        ("X(inf)", [("angle-out-of-range", 1, 1)]),
        ("X(-Infinity)", [("angle-out-of-range", 1, 1)]),
        ("X(3600.0001)", [("angle-out-of-range", 1, 1)]),
        ("Y(0), X(-3601)", [("angle-out-of-range", 1, 7)]),
    ],
)
def test_a_fault_is_refused_with_its_code_and_place(source: str, expected: list[tuple[str, int, int]]) -> None:
    assert errors(source) == expected


@pytest.mark.parametrize(
    ("source", "columns"),
    [
        ("X(90),", [7]),
        (",X(90)", [1]),
        ("X(90),,Y(90)", [7]),
        ("X(90), ,Y(90)", [8]),
        ("X(90), \n", [7]),
        (",", [1, 2]),
    ],
)
def test_an_empty_place_stands_at_the_comma_that_ends_it_or_behind_the_last_one(
    source: str, columns: list[int]
) -> None:
    assert errors(source) == [("malformed-rotation", 1, column) for column in columns]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "X(90) Y(90), Q(1), X(nan)",
            [("missing-comma", 1, 7), ("unknown-axis", 1, 14), ("malformed-rotation", 1, 20)],
        ),
        ("X(90) Q(90)", [("missing-comma", 1, 7), ("unknown-axis", 1, 7)]),
        ("X(90, Y(90), Q(1)", [("malformed-rotation", 1, 1), ("unknown-axis", 1, 14)]),
        ("X(1,5), Q(1)", [("malformed-rotation", 1, 1), ("unknown-axis", 1, 9)]),
        (
            "x(1),\r\ny(2),\rz(3),\nX()",
            [("unknown-axis", line, 1) for line in (1, 2, 3)] + [("malformed-rotation", 4, 1)],
        ),
    ],
)
def test_all_errors_are_reported_at_once_in_the_order_they_stand(
    source: str, expected: list[tuple[str, int, int]]
) -> None:
    assert errors(source) == expected


def test_a_wrong_rotation_is_not_charged_for_the_comma_after_it_as_well() -> None:
    assert errors("X(nan) Y(90)") == [("malformed-rotation", 1, 1)]
    assert errors("X(4000) Q(90)") == [("angle-out-of-range", 1, 1), ("unknown-axis", 1, 9)]


def test_a_lower_case_axis_is_told_to_be_upper_case() -> None:
    assert "upper case" in messages("x(90)")[0]


def test_a_look_alike_axis_is_named_by_its_code_point() -> None:
    assert "U+0425" in messages("\u0425(90)")[0]


def test_a_rotation_knows_where_it_stands() -> None:
    program = parse("X(90),\r\n  Y(90)", "rotations", max_bytes=MAX_BYTES)
    assert [(rotation.line, rotation.column) for rotation in program.rotations] == [(1, 1), (2, 3)]
    assert (program.language, program.num_qubits, program.num_clbits) == ("rotations", 1, 1)


def test_the_size_is_counted_in_bytes_of_utf_8_before_anything_is_read() -> None:
    assert isinstance(parse("X(90)", None, max_bytes=5), Program)
    with pytest.raises(ProgramTooLong) as refused:
        parse("X(9é)", None, max_bytes=5)
    assert [(error.code, error.line, error.column) for error in refused.value.errors] == [("program-too-long", 1, 1)]
    with pytest.raises(ProgramTooLong):
        parse("X(90)," * 1_700_000, None, max_bytes=MAX_BYTES)


def test_an_unknown_language_is_refused_with_those_there_are() -> None:
    with pytest.raises(InvalidRequest) as refused:
        parse("X(90)", "quil", max_bytes=MAX_BYTES)
    assert refused.value.errors[0].allowed == LANGUAGES


def test_the_language_is_detected_when_not_given() -> None:
    assert detect("X(90)") == "rotations"
    assert parse("X(90)", None, max_bytes=MAX_BYTES).language == "rotations"


_numbers = st.floats(-3600, 3600) | st.integers(-3600, 3600)
_blanks = st.sampled_from(["", " ", "\n", "\r\n", "\t", " \r "])


@given(st.lists(st.tuples(st.sampled_from("XYZ"), _numbers), min_size=1, max_size=20), st.data())
def test_what_is_printed_is_read_back(program: list[tuple[str, float]], data: st.DataObject) -> None:
    def spaced(*parts: str) -> str:
        return "".join(data.draw(_blanks) + part for part in parts) + data.draw(_blanks)

    source = ",".join(spaced(axis, "(", repr(angle), ")") for axis, angle in program)
    assert rotations(source) == program


@given(st.text() | st.text(alphabet="XYZQx()., \n\r0+-e9nan", max_size=60) | st.text(st.characters(categories=["Cs"])))
def test_any_text_is_read_or_refused_with_errors_inside_it(source: str) -> None:
    try:
        parse(source, None, max_bytes=MAX_BYTES)
    except InvalidProgram as refused:
        places = [(error.line, error.column) for error in refused.errors]
        assert places == sorted(places)
        lines = re.split(r"\r\n|\n|\r", source)
        assert all(1 <= column <= len(lines[line - 1]) + 1 for line, column in places)
        for error in refused.errors:
            error.message.encode()


@pytest.mark.parametrize(
    "garbage",
    [",", "X,", "(,", "X(1 ", ")", "X(90).", "\n", "a ", "é", "1,", "X(90)\r", "X(1"],
)
def test_a_full_program_of_garbage_is_refused_in_linear_time(garbage: str) -> None:
    source = garbage * (MAX_BYTES // len(garbage.encode()))
    within(4, lambda: errors(source))


@pytest.mark.parametrize("filler", ["9", " ", "a", ",1", "(", "\r"])
def test_one_endless_rotation_is_refused_in_linear_time(filler: str) -> None:
    source = "X(" + filler * ((MAX_BYTES - 3) // len(filler)) + "!"
    within(4, lambda: errors(source))


@pytest.mark.parametrize(
    ("angle", "fits"), [("3600", True), ("-3600.000", True), ("3.6e3", True), ("3600.0000000000001", False)]
)
def test_the_largest_angle_is_exact(angle: str, fits: bool) -> None:
    if fits:
        assert len(parse(f"X({angle})", max_bytes=100).rotations) == 1
        return
    with pytest.raises(InvalidProgram) as refusal:
        parse(f"X({angle})", max_bytes=100)
    assert refusal.value.code == "angle-out-of-range"


def test_every_error_is_told_however_many_there_are() -> None:
    with pytest.raises(InvalidProgram) as refusal:
        parse(",".join(["Q(1)"] * 50_000), max_bytes=300_000)
    assert len(refusal.value.errors) == 50_000


@pytest.mark.parametrize("angle", ["1e", "1e+", "1.5E-", "1.e", ".5e", "9.e+"])
def test_an_exponent_without_digits_is_no_angle(angle: str) -> None:
    """Python 3.11.2 takes half an exponent for one where a pattern is written carelessly."""
    with pytest.raises(InvalidProgram) as found:
        parse(f"X({angle})", "rotations", max_bytes=100)
    assert [error.code for error in found.value.errors] == ["malformed-rotation"]
