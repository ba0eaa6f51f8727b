"""Sessions, lectures and lists of names that somebody made to do harm, or that went wrong."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resnet_viz.export.lecture import LectureError, parse_lecture, read_lecture
from resnet_viz.export.session import (
    Session,
    SessionError,
    from_json,
    read_session,
    to_json,
    write_session,
)
from resnet_viz.export.table import write_table
from resnet_viz.figures.table import Table
from resnet_viz.networks.class_names import read_class_names
from resnet_viz.networks.download import WeightsError
from resnet_viz.results.result import Snapshot
from tests import fakes

T = TypeVar("T")
NOW = Snapshot("resnet20", fakes.photo(), device="cpu")
GOOD: dict[str, Any] = to_json(Session(NOW))

ODD_TEXTS = (
    *("../../etc/passwd", "/etc/passwd", "C:\\x.png", "\\\\host\\share\\x.png", "//host/x.png"),
    *("a\0b.png", "\ud800.png", "x" * 5000, "", ".", "/", "~", "/dev/zero", "file:///etc/passwd"),
    *("http://127.0.0.1:9/a.png", "<img src=x onerror=alert(1)>", "{0.__class__}", "%s%n"),
)
ODD_NUMBERS = (1e400, -1e400, math.nan, 10**25, -(10**25), -1, 0, 0.5, True)

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.sampled_from(ODD_NUMBERS)
    | st.sampled_from(ODD_TEXTS)
    | st.integers(-3, 300)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
KEYS = (*GOOD, "unknown", "")
INSIDE = (
    *("path", "sample", "png", "name", "label", "x", "y", "size", "kind", "classes", "labels"),
    *("preprocessing", "mean", "std", "reading", "which", "choices", "skips", "branches"),
    "layer1.0",
)
PART = ANYTHING | st.dictionaries(st.sampled_from(INSIDE), ANYTHING, max_size=4)


@pytest.mark.long
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(changes=st.dictionaries(st.sampled_from(KEYS), PART, min_size=1, max_size=3))
def test_any_values_in_a_session_are_read_or_said(
    changes: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.getbasetemp()
    try:
        session, said = from_json({**GOOD, **changes}, NOW, folder)
    except SessionError:
        return
    assert all(isinstance(sentence, str) and sentence for sentence in said)
    # What was taken is sound: it can be written, and comes back without a word.
    write_session(session, folder / "again.resnet.json")
    again, said = read_session(folder / "again.resnet.json", NOW)
    assert not [one for one in said if "newer version" not in one]
    assert again.snapshot.gates == session.snapshot.gates
    assert again.snapshot.target == session.snapshot.target


def good_with(tail: str) -> bytes:
    return (json.dumps(GOOD)[:-1] + tail).encode()


@pytest.mark.parametrize(
    ("content", "opens"),
    [
        (b"", False),
        (b"[" * 1_000_000, False),
        (b'{"a":' * 1_000_000, False),
        (b"\xff" + good_with("}"), False),
        (good_with("}").decode().encode("utf-16"), False),
        (good_with(', "target": ' + "9" * 100_000 + "}"), False),
        (good_with(', "target": 1e400, "crop": NaN}'), True),
        (good_with(', "crop": {"x": 0.' + "1" * 1_000_000 + ', "y": 0, "size": 5}}'), True),
        (good_with(', "network": "plain20", "network": "resnet20"}'), True),
        (good_with(', "choices": ' + '{"story":' * 900 + "1" + "}" * 900 + "}"), True),
        (good_with(', "photo": {"png": "' + "A" * 4_000_000 + '"}}'), True),
        (good_with(', "other": "' + "y" * 10_000_000 + '"}'), True),
    ],
    ids=lambda value: "" if isinstance(value, bool) else str(len(value)),
)
def test_files_of_sessions_are_opened_or_refused(
    tmp_path: Path, content: bytes, opens: bool
) -> None:
    path = tmp_path / "a.resnet.json"
    path.write_bytes(content)
    if opens:
        session, _ = read_session(path, NOW)
        assert session.snapshot.network == "resnet20"
        return
    with pytest.raises(SessionError, match=r"a\.resnet\.json is no session of ResNet Explorer"):
        read_session(path, NOW)


def test_a_session_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.resnet.json"
    with path.open("wb") as file:
        file.truncate(300 * 2**20)
    with pytest.raises(SessionError, match="too large for a session"):
        read_session(path, NOW)


def attempt(read: Callable[[Path], T], path: Path, refusal: type[Exception]) -> T | str:
    """What ``read`` gives, or the sentence of its refusal; every other error is one."""
    try:
        return read(path)
    except refusal as error:
        return str(error)


# ---- lectures


@pytest.mark.parametrize("text", [text for text in ODD_TEXTS if text != "/etc/passwd"])
def test_a_lecture_looks_for_photos_of_no_such_name(tmp_path: Path, text: str) -> None:
    shown = json.dumps(text)
    lecture = parse_lecture(f"---\nskips: on\nphoto: {shown}\n---\n# One\n", tmp_path / "a.md")
    assert "photo" not in lecture.steps[0].state
    assert lecture.problems


@pytest.mark.parametrize("slashes", ["\\\\\\\\", "//"])
def test_a_lecture_looks_on_no_other_computer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slashes: str
) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(Path, "is_file", lambda path: bool(asked.append(path)) or True)
    text = f'---\nphoto: "{slashes}host/share/a.png"\n---\n# One\n'
    lecture = parse_lecture(text, tmp_path / "a.md")
    assert not asked
    assert [problem.line for problem in lecture.problems] == [2]


@pytest.mark.parametrize("minutes", ["1e400", "-1", ".nan", "[1]", "9" * 400])
def test_a_lecture_of_no_length_has_none(minutes: str) -> None:
    text = f"---\nlecture: L\nminutes: {minutes}\n---\n\n---\nskips: on\n---\n# One\n"
    assert parse_lecture(text).minutes is None


BOMB = "\n".join(["a: &a [x, x]", *(f"{b}: &{b} [*{a}, *{a}]" for a, b in zip("abcd", "bcde"))])  # noqa: B905


@pytest.mark.parametrize(
    ("front", "says"),
    [
        (BOMB, "anchors"),
        ("skips: &x on", "anchors"),
        ("skips: !!python/object/apply:os.system [true]", "tags"),
        ("skips: !x on", "tags"),
        ("skips: on\nskips: off", "skips"),
        ("crop: {x: 1e400, y: 0, size: 5}", "crop"),
        ("crop: {x: " + "9" * 5000 + ", y: 0, size: 5}", "crop"),
        ("crop: {x: .nan, y: 0, size: 5}", "crop"),
        ("target: " + "9" * 5000, ""),
        ("skips: " + "[" * 10_000, ""),
        ("skips: " + "{a: " * 500 + "}" * 500, ""),
        ("x" * 30_000 + ": 1", "characters"),
        ("on: *nothing", ""),
        ("? [a]\n: b", ""),
    ],
    ids=lambda value: value[:20] if len(value) > 12 else "",
)
def test_a_step_that_is_no_step_is_said_and_the_others_run(
    tmp_path: Path, front: str, says: str
) -> None:
    text = f"---\nnetwork: resnet20\n{front}\n---\n# One\n\n---\nskips: off\n---\n# Two\n"
    lecture = parse_lecture(text, tmp_path / "a.md")
    assert [step.title for step in lecture.steps][-1] == "Two"
    assert lecture.problems
    assert says in " ".join(problem.text for problem in lecture.problems)
    lecture.state(len(lecture.steps) - 1)


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe", b"---\n" * 300_000, b"---\na: 1\n---\n" * 60_000, bytes(50_000_000)]
)
def test_files_of_lectures_are_read_or_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(data)
    found = attempt(read_lecture, path, LectureError)
    if isinstance(found, str):
        assert found.startswith("a.md ")
    else:
        assert len(found.steps) <= 300


# ---- names of classes


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    content=st.binary(max_size=60) | ANYTHING.map(lambda value: json.dumps(value).encode()),
    name=st.sampled_from(["a.txt", "a.json", "a"]),
)
def test_any_list_of_names_is_read_or_refused(
    content: bytes, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / name
    path.write_bytes(content)
    found = attempt(read_class_names, path, WeightsError)
    if isinstance(found, str):
        assert found.startswith(f"{name} ")
    else:
        assert found
        assert all(isinstance(one, str) and one for one in found)


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 1_000_000,
        b'{"0": "a", "0": "b"}',
        b'{"' + b"9" * 10_000 + b'": "a"}',
        b'{"id2label": {"1e400": "a"}}',
        b"[" + b'"a",' * 2_000_000 + b'"a"]',
        b"a\n" * 25_000_000,
    ],
    ids=lambda content: str(len(content)),
)
def test_hostile_lists_of_names(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(content)
    found = attempt(read_class_names, path, WeightsError)
    if isinstance(found, str):
        assert found.startswith("a.json ")
    else:
        assert found == ("b",), "of two names for one number the last counts, as in JSON"


# ---- names in tables


def test_a_name_is_no_formula_in_a_spreadsheet(tmp_path: Path) -> None:
    evil = ("=HYPERLINK(1)", "+1+cmd", "-2+3", "@SUM(1)", "\t=1")
    rows = tuple((name, -0.5) for name in (*evil, "a = b", ""))
    write_table(Table("t", ("=name", "value"), rows), tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        head, *read = csv.reader(file)
    assert head == ["'=name", "value"]
    assert [name for name, _ in read] == [*(f"'{name}" for name in evil), "a = b", ""]
    assert all(float(value) == -0.5 for _, value in read)
    write_table(Table("t", ("name",), (("=1",),)), tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text())["rows"] == [{"name": "=1"}]
