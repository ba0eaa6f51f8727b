"""Lectures as files: what is read, what is refused, and what is written again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from resnet_viz import cli
from resnet_viz.export.lecture import (
    EXPLORER_PARTS,
    PAGES,
    Lecture,
    LectureError,
    parse_lecture,
    read_front,
    read_lecture,
    write_lecture,
)
from resnet_viz.export.lecture_state import needs_structure, recorded, session_of
from resnet_viz.export.session import Session
from resnet_viz.images import gallery
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.result import Snapshot
from resnet_viz.views.explorer.panels import PANELS
from resnet_viz.views.shell import pages
from tests import fakes

WHOLE = """---
lecture: Skips
minutes: 12
by: a lecturer
---

What it is about.

---
network: resnet20   # the small one
skips: {stage 2: off, layer3.1: 0.5}
photo: coffee
target: cat
show: [diagram, gradient_flow]
layout: columns
predict:
  question: What happens at the stem?
  measure: stem_gradient_ratio
  answers:
  - {text: It stays, from: 0.1, to: 10}
  - {text: It falls, to: 1e-3}
---
# The skips go off

Two *sentences*. <b>No HTML</b>

A second paragraph.

> Say it slowly.
>
> Then wait.

---
page: laboratory
laboratory: {depth: 20, norm: true}
---
# In the laboratory

---
laboratory: {depth: 56}
skips: on
---
# Deeper
"""


def front(yaml: str) -> tuple[Lecture, list[str]]:
    lecture = parse_lecture(f"---\n{yaml}\n---\n# Title\n", Path("talk.md"))
    return lecture, lecture.sentences()


def test_everything_is_read() -> None:
    lecture = parse_lecture(WHOLE)
    assert lecture.problems == ()
    assert (lecture.title, lecture.minutes) == ("Skips", 12)
    assert lecture.introduction == "What it is about."
    first = lecture.steps[0]
    assert first.title == "The skips go off"
    assert first.text == "Two *sentences*. <b>No HTML</b>\n\nA second paragraph."
    assert first.notes == "Say it slowly.\n\nThen wait."
    assert first.state["skips"] == {"stage 2": 0.0, "layer3.1": 0.5}
    assert first.predict is not None
    assert first.predict.right(1.0) == 0
    assert first.predict.right(1e-15) == 1
    assert first.predict.right(0.05) is None


def test_what_a_step_does_not_name_is_as_in_the_step_before() -> None:
    lecture = parse_lecture(WHOLE)
    second, third = lecture.state(1), lecture.state(2)
    assert second["photo"] == "coffee"
    assert second["skips"] == {"stage 2": 0.0, "layer3.1": 0.5}
    assert second["show"] == ["figure"], "what is shown holds for its step only"
    assert third["laboratory"] == {"depth": 56, "norm": True}
    assert third["skips"] == {"all": 1.0}


def test_another_network_begins_with_all_skips_on() -> None:
    text = "---\nskips: off\nblock: layer3.8\n---\n# A\n\n---\nnetwork: resnet20\n---\n# B\n"
    lecture = parse_lecture(text)
    assert lecture.state(0)["skips"] == {"all": 0.0}
    assert not {"skips", "block", "target"} & set(lecture.state(1))


def test_written_again_it_is_the_same() -> None:
    lecture = parse_lecture(WHOLE)
    assert write_lecture(lecture) == WHOLE
    assert "# the small one" in write_lecture(lecture)


def test_an_edited_step_stays_readable_and_keeps_what_is_not_known() -> None:
    text = "---\nnetwork: resnet20\nskips: off\nfuture: [1, 2]\n---\n# One\n\nText.\n\n> Notes.\n"
    lecture = parse_lecture(text)
    changed = lecture.steps[0].edited(title="Two", notes="More.\n\nNotes.")
    written = write_lecture(lecture.with_steps([changed]))
    assert "skips: off\n" in written
    assert "future: [1, 2]\n" in written
    assert "# Two\n\nText.\n\n> More.\n>\n> Notes.\n" in written
    again = parse_lecture(written).steps[0]
    assert (again.title, again.text, again.notes) == ("Two", "Text.", "More.\n\nNotes.")
    assert again.front == lecture.steps[0].front


def test_a_line_in_an_edited_text_begins_no_step() -> None:
    lecture = parse_lecture("---\nskips: on\n---\n# One\n")
    step = lecture.steps[0].edited(text="above\n\n---\n\nbelow")
    assert len(parse_lecture(write_lecture(lecture.with_steps([step]))).steps) == 1


@pytest.mark.parametrize(
    ("yaml", "line", "says"),
    [
        ("skips: on\nnetwork: resnet55", 3, "did you mean “resnet56”"),
        ("page: labratory", 2, "allowed are explorer, laboratory"),
        ("show: [diagram,\n  grad_cam]", 3, "allowed are diagram, photo"),
        ("show: [photo, photo, photo, photo]", 2, "at most 3"),
        ("page: story\nshow: photo", 3, "on the page story there is figure"),
        ("skips: of", 2, "allowed are on, off and numbers from 0 to 1"),
        ("skips: {stage 2: 7}", 2, "from 0 to 1"),
        ("photo: dog.png", 2, "neither a sample nor a file"),
        ("skip: off", 2, "did you mean “skips”"),
        ("predict:\n  question: Eh?\n  answers: []", 2, "“measure” is missing"),
        (
            "predict:\n  question: Eh?\n  measure: stem\n  answers: []",
            4,
            "allowed are stem_gradient",
        ),
        (
            "predict:\n  question: Eh?\n  measure: skips\n  answers:\n"
            "  - {text: a, to: 5}\n  - {text: b, from: 4}",
            5,
            "overlap",
        ),
        (
            "predict:\n  question: Eh?\n  measure: skips\n  answers:\n"
            "  - {text: a, to: 5}\n  - {text: b, from: many}",
            7,
            "is no number",
        ),
        ("network: resnet20\nnetwork: resnet56", 3, "here twice"),
        ("a: &x [1]\nb: *x", 2, "anchors"),
        ("a: *x", 2, "aliases"),
        ("a: !!python/object/apply:os.system [ls]", 2, "tags"),
        ("a: [[[[[[[[1]]]]]]]]", 2, "nested"),
        ("a: [1", 2, "cannot be read"),
        ("a: \x07", 2, "cannot be read"),
    ],
)
def test_a_mistake_names_the_file_the_line_and_what_is_allowed(
    yaml: str, line: int, says: str
) -> None:
    lecture, said = front(yaml)
    assert len(lecture.steps) == 1
    assert len(said) == 1, said
    assert said[0].startswith(f"talk.md, line {line}: ")
    assert says in said[0]


def test_the_other_steps_and_the_rest_of_a_step_still_run() -> None:
    text = "---\npage: nowhere\nskips: off\n---\n# One\n\n---\na: [1\n---\n# Two\n\n" + WHOLE
    lecture = parse_lecture(text)
    assert [step.title for step in lecture.steps[:3]] == ["One", "Two", "Step 3"]
    assert lecture.state(0)["skips"] == {"all": 0.0}
    assert lecture.state(0)["page"] == "explorer"


def test_a_line_across_the_text_is_said_to_be_one() -> None:
    lecture = parse_lecture("---\nskips: on\n---\n# One\n\nabove\n\n---\n\nbelow\n", Path("a.md"))
    assert len(lecture.steps) == 1
    assert lecture.sentences() == [
        "a.md, line 8: “---” begins the front matter of a step, and no “key: value” follows; write "
        "“***” for a line across the text"
    ]


def test_front_matter_without_an_end() -> None:
    lecture = parse_lecture("---\nskips: off\n\n# One\n\nText.\n")
    assert "has no end" in lecture.problems[0].text
    assert lecture.steps[0].state["skips"] == {"all": 0.0}
    assert lecture.steps[0].title == "One"


@pytest.mark.parametrize("text", ["", "Only words.\n", "---\nlecture: Nothing\n---\n"])
def test_without_a_step_it_is_no_lecture(text: str) -> None:
    with pytest.raises(LectureError, match="has no steps"):
        parse_lecture(text)


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"\xff\xfe\x00", "UTF-8"), (b"# " + b"x" * 1_000_001, "larger"), (None, "cannot be opened")],
)
def test_what_is_no_text_is_refused(tmp_path: Path, data: bytes | None, says: str) -> None:
    path = tmp_path / "talk.md"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(LectureError, match=f"talk.md .*{says}"):
        read_lecture(path)


PIECES = st.sampled_from(
    [
        "---",
        "# T",
        "a: 1",
        "skips: off",
        "- x",
        "> n",
        "",
        "predict:",
        "  question: q",
        "&a *a",
        "{",
    ]
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=25))
def test_no_text_breaks_the_reader_and_what_is_read_is_written_the_same(parts: list[str]) -> None:
    try:
        lecture = parse_lecture("\n".join(parts))
    except LectureError:
        return
    for number in range(len(lecture.steps)):
        lecture.state(number)
    again = parse_lecture(write_lecture(lecture))
    titles = [step.title for step in lecture.steps]
    assert [step.title for step in again.steps] == titles
    assert [step.front for step in again.steps] == [step.front for step in lecture.steps]


VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-999, 999), st.text(max_size=8),
        st.floats(allow_nan=False, allow_infinity=False),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)  # fmt: skip


@example({"skips": {"\x85": None}})
@given(st.dictionaries(st.sampled_from(["skips", "depth", "on", "a b", "é"]), VALUES))
def test_edited_front_matter_is_read_as_it_was_meant(values: dict[str, object]) -> None:
    step = parse_lecture("---\nskips: on\n---\n# One\n").steps[0].edited(front=values)
    written = write_lecture(Lecture("L", (step,)))
    try:
        read = parse_lecture(written).steps[0].front
    except LectureError:  # a key that no line can begin with
        return
    if not any("nested" in p.text or "read" in p.text for p in parse_lecture(written).problems):
        assert read == values


def test_the_names_are_those_of_the_program() -> None:
    assert tuple(page.name for page in pages.PAGES) == PAGES
    assert set(EXPLORER_PARTS) == {"diagram", *(panel.name for panel in PANELS)}


# ---- states


def test_a_state_is_a_session() -> None:
    lecture = parse_lecture(WHOLE)
    now = Snapshot("resnet56", gallery.load_sample("chelsea"))
    state = lecture.state(1)
    assert needs_structure(state)
    session, said = session_of(state, now, None, fakes.structure())
    assert said == []
    assert session.snapshot.network == "resnet20"
    assert session.snapshot.photo.name == "Coffee"
    assert session.snapshot.target == 3
    gates = session.snapshot.gates
    assert [gates.skip(name) for name in ("layer1.0", "layer2.0", "layer2.2", "layer3.1")] == [
        1.0, 0.0, 0.0, 0.5,
    ]  # fmt: skip
    assert session.page == "laboratory"
    assert session.choices == {"laboratory": {"depth": 20, "norm": True}}


def test_what_a_network_does_not_have_is_said() -> None:
    now = Snapshot("resnet56", gallery.load_sample("chelsea"))
    state = {
        "network": "resnet20",
        "photo": "chelsea",
        "skips": {"stage 4": 0.0, "layer9.9": 0.0},
        "target": "unicorn",
        "block": "layer7",
    }
    session, said = session_of(state, now, None, fakes.structure())
    assert session.snapshot.gates.all_on
    assert len(said) == 4
    assert all(word in " ".join(said) for word in ("stage 4", "layer9.9", "unicorn", "layer7"))


def test_what_is_on_screen_becomes_a_step_and_comes_back() -> None:
    structure = fakes.structure()
    off = [name for name in structure.skips if name.startswith("layer2")]
    gates = GateSettings().with_skips(off, 0.0).with_skips(["layer3.1"], 0.25)
    now = Snapshot("resnet20", gallery.load_sample("coffee"), gates=gates, target=5)
    labels = fakes.result().labels
    session = Session(now, "layer2.1", "laboratory", {"laboratory": {"depth": 8}})
    made = recorded(session, structure, labels, None)
    assert made["skips"] == {"stage 2": "off", "layer3.1": 0.25}
    assert (made["photo"], made["target"]) == ("coffee", labels[5])
    text = write_lecture(Lecture("L", (parse_lecture(WHOLE).steps[0].edited(front=made),)))
    again, said = session_of(parse_lecture(text).state(0), now, None, structure)
    assert said == []
    assert again.snapshot == now
    assert (again.block, again.page, again.choices) == (
        "layer2.1",
        "laboratory",
        {"laboratory": {"depth": 8}},
    )


def test_a_photo_beside_the_lecture_is_named_from_there(tmp_path: Path) -> None:
    from PIL import Image

    Image.new("RGB", (40, 40)).save(tmp_path / "mine.png")
    path = tmp_path / "talk.md"
    path.write_text("---\nphoto: mine.png\n---\n# One\n", encoding="utf-8")
    lecture = read_lecture(path)
    now = Snapshot("resnet20", gallery.load_sample("chelsea"))
    session, said = session_of(lecture.state(0), now, tmp_path, None)
    assert (lecture.problems, said) == ((), [])
    assert session.snapshot.photo.path == str(tmp_path / "mine.png")
    assert recorded(session, None, (), tmp_path)["photo"] == "mine.png"
    file = {"file": str(tmp_path / "album" / "a.jpg")}
    examples = {"A": [{"name": "A 1", "png": "x" * 9000}, file], "B": []}
    kept = {"backbone": {"part": "transfer", "parts": {"transfer": {"examples": examples}}}}
    front = recorded(replace(session, page="backbone", choices=kept), None, (), tmp_path)
    assert front["backbone"]["part"] == "transfer"
    assert front["backbone"]["parts"]["transfer"]["examples"] == {
        "A": [{"file": "album/a.jpg"}],
        "B": [],
    }
    again, said = session_of({"network": "resnet20", **front}, now, tmp_path, None)
    assert said == []
    assert again.choices["backbone"]["parts"]["transfer"]["examples"]["A"] == [file]


def test_what_the_user_types_as_front_matter() -> None:
    assert read_front("skips: off\nblock: layer1.0") == ({"skips": "off", "block": "layer1.0"}, [])
    _, problems = read_front("skips: off\npage: no")
    assert problems[0].line == 2


# ---- the command line


def test_the_command_line_checks_a_lecture(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "good.md", tmp_path / "bad.md"
    good.write_text("---\nnetwork: resnet20\nskips: off\n---\n# One\n", encoding="utf-8")
    bad.write_text("---\nnetwork: resnet20\nskips: {stage 5: off}\n---\n# One\n", encoding="utf-8")
    assert cli.main(["lecture", str(good)]) == 0
    said = capsys.readouterr().out
    assert "   1  One" in said
    assert "nothing wrong" in said
    assert cli.main(["lecture", str(bad), "--check"]) == 2
    assert "bad.md, line 1: ResNet-20 has no skip 'stage 5'" in capsys.readouterr().out
    assert cli.main(["lecture", str(tmp_path / "none.md"), "--json"]) == 2
    assert "cannot be opened" in capsys.readouterr().out
