"""A lecture as a Markdown file: steps, each with the program's state, a text and notes.

::

    ---
    lecture: What is a residual network?
    minutes: 30
    ---
    What it is about, for whoever reads the file.

    ---
    network: resnet56
    skips: off
    page: explorer
    show: [diagram, gradient_flow]
    ---
    # The skips go off

    Two or three sentences for the audience.

    > Notes for the speaker.

A step begins with its front matter, YAML between two lines ``---``; its first heading is its title,
block quotes are the speaker's notes, and the rest is its text. What a step does not name is as in
the step before. YAML's anchors, aliases and tags are refused, and nothing is executed. ``on`` and
``off`` are words here, as in YAML 1.2. A mistake is a `Problem`, which names the line; the part
that it is in is left out, and everything else still runs.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml

from resnet_viz.export.replacing import replacing
from resnet_viz.export.session import Json
from resnet_viz.figures.measures import MEASURES
from resnet_viz.images import gallery
from resnet_viz.networks import catalog

PAGES = (
    *("explorer", "laboratory", "training", "instruments", "degradation", "compare"),
    *("backbone", "story"),
)
EXPLORER_PARTS = (
    *("diagram", "photo", "predictions", "activations", "saliency", "gradient_flow", "cascade"),
)
FIGURES = ("figure", "figure 1", "figure 2", "figure 3", "figure 4")
"""All of the page's charts, or one of them."""
SHOWN = (*EXPLORER_PARTS, *FIGURES)
LAYOUTS = ("rows", "columns", "top", "left")
"""Below each other, side by side, or the first large above or beside the others."""
LEVELS = ("network", "blocks", "layers")
ACTIONS = ("play", "cascade", "measure")
"""What a step begins: the flow through the diagram, the cascade, or an instrument's measurement."""

MOST_BYTES = 1_000_000
MOST_STEPS = 300
MOST_FRONT = 20_000
MOST_SHOWN = 3
_DEEPEST = 6

_RULE = re.compile(r"---\s*")
_KEY = re.compile(r"\s*(#|[\"']?[^\W\d][\w -]*[\"']?:(\s|$))")


class LectureError(Exception):
    """The file cannot be read at all; its text is a sentence for the user."""


@dataclass(frozen=True)
class Problem:
    """What is wrong in line ``line``, counted from 1, and what is allowed there."""

    line: int
    text: str

    def sentence(self, name: str) -> str:
        """For the user, with the file's ``name``."""
        return f"{name}, line {self.line}: {self.text}"


@dataclass(frozen=True)
class Answer:
    """Right if the measured value is at least ``low`` and below ``high``."""

    text: str
    low: float = -math.inf
    high: float = math.inf

    def fits(self, value: float) -> bool:
        return self.low <= value < self.high


@dataclass(frozen=True)
class Prediction:
    """A question, 2 to 4 answers, and the name of the measure that tells which is right."""

    question: str
    measure: str
    answers: tuple[Answer, ...]

    def right(self, value: float) -> int | None:
        """The place of the answer that the measured ``value`` fits; None if it fits none."""
        return next((n for n, one in enumerate(self.answers) if one.fits(value)), None)


@dataclass(frozen=True)
class Step:
    """One step. ``front`` is what the file says, ``state`` the part of it that can be used.

    ``source`` is the step as it stands in the file; "" once it has been edited.
    """

    title: str
    text: str = ""
    notes: str = ""
    front: Mapping[str, Json] = field(default_factory=dict)
    state: Mapping[str, Json] = field(default_factory=dict)
    predict: Prediction | None = None
    line: int = 0
    source: str = ""

    def edited(self, folder: Path | None = None, **changes: Any) -> Step:
        """With another ``title``, ``text``, ``notes`` or ``front``; photos are in ``folder``."""
        changed = replace(self, **changes, source="")
        problems: list[Problem] = []
        state, predict = _checked(changed.front, {}, self.line, folder, problems)
        return replace(changed, state=state, predict=predict)


@dataclass(frozen=True)
class Lecture:
    """``head`` is the front matter of the file itself, and ``introduction`` the text under it."""

    title: str
    steps: tuple[Step, ...] = ()
    problems: tuple[Problem, ...] = ()
    head: Mapping[str, Json] = field(default_factory=dict)
    introduction: str = ""
    path: Path | None = None

    @property
    def minutes(self) -> float | None:
        """How long it is said to take."""
        value = self.head.get("minutes", 0)
        return float(value) if _is_finite(value) and value > 0 else None

    @property
    def name(self) -> str:
        """The file's name, for sentences."""
        return self.path.name if self.path is not None else "The lecture"

    def sentences(self) -> list[str]:
        """What is wrong with it."""
        return [problem.sentence(self.name) for problem in self.problems]

    def state(self, number: int) -> dict[str, Json]:
        """Everything that step ``number``, counted from 0, sets: also what steps before it say."""
        merged: dict[str, Json] = {"network": catalog.DEFAULT, "photo": gallery.DEFAULT_SAMPLE}
        for step in self.steps[: number + 1]:
            if "network" in step.state and step.state["network"] != merged["network"]:
                for key in ("skips", "branches", "target", "block", "weights"):
                    merged.pop(key, None)
            if "photo" in step.state and step.state["photo"] != merged["photo"]:
                for key in ("crop", "target"):
                    merged.pop(key, None)
            for key in _MOMENTARY:
                merged.pop(key, None)
            for key, value in step.state.items():
                if key in PAGES and key != "explorer" and isinstance(merged.get(key), dict):
                    merged[key] = {**merged[key], **value}
                else:
                    merged[key] = value
        merged.setdefault("page", "explorer")
        if "show" not in merged:
            explorer = merged["page"] == "explorer"
            merged["show"] = ["diagram", "gradient_flow"] if explorer else ["figure"]
        return merged

    @property
    def networks(self) -> list[str]:
        """Those of which the lecture needs the default weights, each once."""
        states = [self.state(number) for number in range(len(self.steps))]
        wanted = [one for one in states if one.get("weights", "default") == "default"]
        return list(dict.fromkeys(str(state["network"]) for state in wanted))

    def retitled(self, title: str) -> Lecture:
        return replace(self, title=title)

    def with_steps(self, steps: Iterable[Step]) -> Lecture:
        return replace(self, steps=tuple(steps))


_MOMENTARY = ("show", "layout", "level", "do", "measured", "explorer")
"""What holds for one step only."""


# ---- reading


def read_lecture(path: Path) -> Lecture:
    """The lecture in a file.

    Raises:
        LectureError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise LectureError(
            f"{path.name} cannot be opened ({error.strerror or error}); choose another file"
        ) from error
    if len(data) > MOST_BYTES:
        raise LectureError(
            f"{path.name} is larger than {MOST_BYTES // 1000} kB, which no lecture is; "
            "choose another file"
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LectureError(
            f"{path.name} is no text in UTF-8 (byte {error.start}); save it as UTF-8"
        ) from error
    return parse_lecture(text, path)


def parse_lecture(text: str, path: Path | None = None) -> Lecture:
    """The lecture that ``text`` is; ``path`` is where its photos are looked for, and its name.

    Raises:
        LectureError: there is no step in it.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    problems: list[Problem] = []
    fronts = _fronts(lines, problems)
    folder = path.parent if path is not None else None
    name = path.name if path is not None else "The text"
    head: dict[str, Json] = {}
    introduction = ""
    steps: list[Step] = []
    for number, (begin, end, below) in enumerate(fronts):
        after = fronts[number + 1][0] if number + 1 < len(fronts) else len(lines)
        front, places = _front(lines[begin + 1 : end], begin + 2, problems)
        body = lines[below:after]
        if number == 0 and "lecture" in front:
            head, introduction = front, "\n".join(body).strip()
            continue
        if len(steps) == MOST_STEPS:
            problems.append(Problem(begin + 1, f"only the first {MOST_STEPS} steps are shown"))
            break
        state, predict = _checked(front, places, begin + 1, folder, problems)
        title, words, notes = _body(body)
        if not title:
            problems.append(
                Problem(below + 1, "the step has no title; begin its text with a line “# Title”")
            )
            title = f"Step {len(steps) + 1}"
        source = "\n".join(lines[begin:after]).rstrip()
        steps.append(Step(title, words, notes, front, state, predict, begin + 1, source))
    if not steps:
        raise LectureError(
            f"{name} has no steps; a step begins with its front matter between two lines “---”, "
            "and a heading “# Title”"
        )
    title = str(head.get("lecture") or (path.stem if path is not None else steps[0].title))
    return Lecture(title, tuple(steps), tuple(problems), head, introduction, path)


def _fronts(lines: Sequence[str], problems: list[Problem]) -> list[tuple[int, int, int]]:
    """The lines with which each front matter begins and ends, and the first one after it."""
    found: list[tuple[int, int, int]] = []
    rules = [number for number, line in enumerate(lines) if _RULE.fullmatch(line)]
    place = 0
    while place < len(rules):
        begin = rules[place]
        end = rules[place + 1] if place + 1 < len(rules) else None
        inside = lines[begin + 1 : end]
        first = next((line for line in inside if line.strip()), "")
        if not _KEY.match(first) and (first or end is None):
            problems.append(
                Problem(
                    begin + 1,
                    "“---” begins the front matter of a step, and no “key: value” follows; write "
                    "“***” for a line across the text",
                )
            )
            place += 1
        elif end is None:
            problems.append(
                Problem(begin + 1, "this front matter has no end; write “---” on a line of its own")
            )
            # Up to the first line that can be none of it.
            stop = next(
                (n for n in range(begin + 1, len(lines)) if lines[n].startswith(("# ", "> "))),
                len(lines),
            )
            found.append((begin, stop, stop))
            break
        else:
            found.append((begin, end, end + 1))
            place += 2
    return found


def _body(lines: Sequence[str]) -> tuple[str, str, str]:
    """Title, text and notes."""
    title = ""
    text: list[str] = []
    notes: list[str] = []
    for line in lines:
        if not title and re.match(r"#+ ", line) and not any(map(str.strip, text)):
            title = line.lstrip("#").strip()
        elif line.startswith(">"):
            notes.append(line[1:].removeprefix(" "))
        else:
            text.append(line)
    return title, "\n".join(text).strip(), "\n".join(notes).strip()


class _Loader(yaml.SafeLoader):
    """YAML with the plain values of 1.2: on, off, yes and no are words."""


class _Dumper(yaml.SafeDumper):
    """The same for writing."""

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_scalar(self, tag: str, value: str, style: str | None = None) -> yaml.ScalarNode:
        """Text with other ends of a line than this form's own is quoted so that they are kept."""
        if re.search("[\x85\u2028\u2029\r]", value):
            style = '"'
        return super().represent_scalar(tag, value, style)

    def serialize(self, node: yaml.Node) -> None:
        """A line for each key; only what is in it may be in one line."""
        if isinstance(node, yaml.CollectionNode):
            node.flow_style = False
        super().serialize(node)


for _one in (_Loader, _Dumper):
    _one.yaml_implicit_resolvers = {}
    for _tag, _pattern, _firsts in (
        ("null", r"~|null|", ["~", "n", ""]),
        ("bool", r"true|false", ["t", "f"]),
        ("int", r"[-+]?(0|[1-9][0-9]{0,14})", list("-+0123456789")),
        (
            "float",
            r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.inf",
            list("-+.0123456789"),
        ),
    ):
        _one.add_implicit_resolver(
            f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), _firsts
        )


Places = dict[tuple[str, ...], int]
"""The line of each key, by the way to it."""


def _front(
    lines: Sequence[str], first: int, problems: list[Problem]
) -> tuple[dict[str, Json], Places]:
    """The front matter whose first line is number ``first``, and where its keys are."""
    text = "\n".join(lines)
    places: Places = {}
    if len(text) > MOST_FRONT:
        problems.append(Problem(first, f"front matter has at most {MOST_FRONT} characters"))
        return {}, places
    try:
        _refuse(text)
        node = yaml.compose(text, Loader=_Loader)
        if node is None:
            return {}, places
        if not isinstance(node, yaml.MappingNode):
            raise _Refused(0, "front matter is made of lines “key: value”")
        value: dict[str, Json] = _value(node, (), first, places)
    except _Refused as refused:
        problems.append(Problem(first + refused.line, str(refused)))
        return {}, places
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first + (mark.line if mark is not None else 0)
        said = " ".join(str(error.problem or "it is no YAML").split())
        problems.append(
            Problem(line, f"this front matter cannot be read ({said}); write “key: value” lines")
        )
        return {}, places
    except yaml.YAMLError as error:
        said = " ".join(str(error).split())
        problems.append(Problem(first, f"this front matter cannot be read ({said[:200]})"))
        return {}, places
    return value, places


class _Refused(Exception):
    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


def _refuse(text: str) -> None:
    """Say no to what a lecture needs not and what a bomb is made of, before anything is built."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = event.start_mark.line if event.start_mark is not None else 0
        if isinstance(event, yaml.AliasEvent):
            raise _Refused(line, "aliases (*name) are not allowed; write the value again")
        if getattr(event, "anchor", None):
            raise _Refused(line, "anchors (&name) are not allowed; leave it out")
        if getattr(event, "tag", None):
            raise _Refused(line, "tags (!name) are not allowed; leave it out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                raise _Refused(line, f"values are nested more than {_DEEPEST} deep")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _value(node: yaml.Node, way: tuple[str, ...], first: int, places: Places) -> Any:
    if isinstance(node, yaml.MappingNode):
        made: dict[str, Json] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _Refused(key.start_mark.line, "a key is one word")
            if key.value in made:
                raise _Refused(key.start_mark.line, f"“{key.value}” is here twice")
            places[*way, key.value] = first + key.start_mark.line
            made[key.value] = _value(value, (*way, key.value), first, places)
        return made
    if isinstance(node, yaml.SequenceNode):
        items = []
        for number, item in enumerate(node.value):
            places[*way, str(number)] = first + item.start_mark.line
            items.append(_value(item, (*way, str(number)), first, places))
        return items
    kind = node.tag.rpartition(":")[2]
    if kind == "null":
        return None
    if kind == "bool":
        return node.value == "true"
    if kind == "int":
        return int(node.value)
    if kind == "float":
        return float(node.value.replace(".inf", "inf"))
    return node.value


# ---- what is allowed


def _checked(
    front: Mapping[str, Json],
    places: Mapping[tuple[str, ...], int],
    line: int,
    folder: Path | None,
    problems: list[Problem],
) -> tuple[dict[str, Json], Prediction | None]:
    """What of ``front`` can be used, and its prediction; a problem for everything else."""
    state: dict[str, Json] = {}
    predict = None
    for key, value in front.items():
        at = places.get((key,), line)
        try:
            if key == "predict":
                predict = _prediction(value)
            elif key in _CHECKS:
                state[key] = _CHECKS[key](value, folder)
            elif key != "minutes":
                raise _Wrong(f"“{key}” is not known here; {_allowed(key, KEYS)}")
        except _Wrong as wrong:
            place = places.get((key, *wrong.way), at)
            problems.append(Problem(place, str(wrong)))
    page = state.get("page")
    if page not in (None, "explorer"):
        for name in set(state.get("show", ())) & set(EXPLORER_PARTS):
            problems.append(
                Problem(
                    places.get(("show",), line),
                    f"show: “{name}” is a part of the page explorer; on the page {page} there is "
                    f"{', '.join(FIGURES)}",
                )
            )
            state["show"] = [one for one in state["show"] if one != name]
    return state, predict


class _Wrong(Exception):
    """A value that is not allowed; ``way`` leads to it from its key."""

    def __init__(self, text: str, *way: str) -> None:
        super().__init__(text)
        self.way = way


def _allowed(given: object, choices: Iterable[str]) -> str:
    """What is near to ``given``, and all that is allowed."""
    choices = list(choices)
    near = difflib.get_close_matches(str(given), choices, 1)
    hint = f"did you mean “{near[0]}”? " if near else ""
    return f"{hint}allowed are {', '.join(choices)}"


def _one_of(key: str, choices: Callable[[], Iterable[str]]) -> Callable[[Json, Path | None], Json]:
    def check(value: Json, _: Path | None) -> Json:
        if not isinstance(value, str) or value not in choices():
            raise _Wrong(f"{key}: {value!r} is none; {_allowed(value, choices())}")
        return value

    return check


def _some_of(
    key: str, choices: Callable[[], Iterable[str]], most: int
) -> Callable[[Json, Path | None], Json]:
    def check(value: Json, _: Path | None) -> Json:
        listed = [value] if isinstance(value, str) else value
        if listed is None:
            return []
        if not isinstance(listed, list) or len(listed) > most:
            raise _Wrong(f"{key}: it is a list of at most {most}: [one, another]")
        for number, one in enumerate(listed):
            if one not in choices():
                raise _Wrong(f"{key}: {one!r} is none; {_allowed(one, choices())}", str(number))
        return listed

    return check


def _photo(value: Json, folder: Path | None) -> Json:
    samples = [sample.name for sample in gallery.SAMPLES]
    if isinstance(value, str) and value in samples:
        return value
    # To look for a file on another computer would be to log in there.
    elsewhere = isinstance(value, str) and value.startswith(("\\\\", "//"))
    if isinstance(value, str) and folder is not None and value.strip() and not elsewhere:
        try:
            if (folder / value).is_file():
                return value
        except (OSError, ValueError):
            pass
    raise _Wrong(
        f"photo: {value!r} is neither a sample nor a file beside the lecture; "
        f"{_allowed(value, samples)}"
    )


def _gate(key: str, value: Json, *way: str) -> float:
    if value in ("on", True) or value in ("off", False):
        return 1.0 if value in ("on", True) else 0.0
    if isinstance(value, int | float) and 0 <= value <= 1:
        return float(value)
    raise _Wrong(f"{key}: {value!r} is none; allowed are on, off and numbers from 0 to 1", *way)


def _gates(key: str) -> Callable[[Json, Path | None], Json]:
    def check(value: Json, _: Path | None) -> Json:
        if not isinstance(value, dict):
            return {"all": _gate(key, value)}
        made = {}
        for name, gate in value.items():
            if not re.fullmatch(r"all|stage [1-9]|[\w.]+", name):
                raise _Wrong(
                    f"{key}: {name!r} is none; allowed are all, “stage 2” and blocks such as "
                    "layer2.1",
                    name,
                )
            made[name] = _gate(key, gate, name)
        return made

    return check


def _target(value: Json, _: Path | None) -> Json:
    if isinstance(value, str) and value.strip():
        return value
    if type(value) is int and value >= 0:
        return value
    raise _Wrong(f"target: {value!r} is none; allowed are auto, a class's name and its number")


def _text(key: str) -> Callable[[Json, Path | None], Json]:
    def check(value: Json, _: Path | None) -> Json:
        if not isinstance(value, str):
            raise _Wrong(f"{key}: {value!r} is no name")
        return value

    return check


def _is_finite(value: Json) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _crop(value: Json, _: Path | None) -> Json:
    if value is None:
        return None
    good = isinstance(value, dict) and set(value) == {"x", "y", "size"}
    if not good or not all(_is_finite(one) for one in value.values()):
        raise _Wrong("crop: it is {x: 10, y: 20, size: 100}, in the photo's pixels")
    return value


def _group(key: str) -> Callable[[Json, Path | None], Json]:
    def check(value: Json, _: Path | None) -> Json:
        if not isinstance(value, dict):
            raise _Wrong(f"{key}: it is a group of choices of that page, such as {{depth: 20}}")
        return value

    return check


def _prediction(value: Json) -> Prediction:
    known = ("question", "measure", "answers")
    if not isinstance(value, dict):
        raise _Wrong(f"predict: it is a group of {', '.join(known)}")
    for key in value:
        if key not in known:
            raise _Wrong(f"predict: “{key}” is not known here; {_allowed(key, known)}", key)
    for key in known:
        if key not in value:
            raise _Wrong(f"predict: “{key}” is missing; it needs {', '.join(known)}")
    if not isinstance(value["question"], str) or not value["question"].strip():
        raise _Wrong("predict: the question is a sentence", "question")
    if value["measure"] not in MEASURES:
        said = f"{value['measure']!r} is none; {_allowed(value['measure'], MEASURES)}"
        raise _Wrong(f"predict: measure {said}", "measure")
    given = value["answers"]
    if not isinstance(given, list) or not 2 <= len(given) <= 4:
        raise _Wrong("predict: there are 2 to 4 answers, each with text, from and to", "answers")
    answers = [_answer(one, str(number)) for number, one in enumerate(given)]
    for one, other in combinations(answers, 2):
        if max(one.low, other.low) < min(one.high, other.high):
            raise _Wrong(
                f"predict: the answers “{one.text}” and “{other.text}” overlap, so that both "
                "could be right; change from or to",
                "answers",
            )
    return Prediction(value["question"].strip(), value["measure"], tuple(answers))


def _answer(value: Json, number: str) -> Answer:
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise _Wrong("predict: an answer is {text: …, from: number, to: number}", "answers", number)
    for key in value:
        if key not in ("text", "from", "to"):
            raise _Wrong(
                f"predict: “{key}” is not known in an answer; allowed are text, from and to",
                "answers",
                number,
                key,
            )
    ends = []
    for key, default in (("from", -math.inf), ("to", math.inf)):
        end = value.get(key, default)
        if isinstance(end, bool) or not isinstance(end, int | float):
            raise _Wrong(f"predict: {key} {end!r} is no number", "answers", number, key)
        ends.append(float(end))
    if not ends[0] < ends[1]:
        raise _Wrong("predict: from is below to", "answers", number)
    return Answer(value["text"].strip(), *ends)


def _networks() -> Iterable[str]:
    return catalog.CATALOG


_CHECKS: dict[str, Callable[[Json, Path | None], Json]] = {
    "network": _one_of("network", _networks),
    "weights": _one_of("weights", lambda: ("default", "untrained")),
    "photo": _photo,
    "crop": _crop,
    "skips": _gates("skips"),
    "branches": _gates("branches"),
    "target": _target,
    "block": _text("block"),
    "page": _one_of("page", lambda: PAGES),
    "show": _some_of("show", lambda: SHOWN, MOST_SHOWN),
    "layout": _one_of("layout", lambda: LAYOUTS),
    "level": _one_of("level", lambda: LEVELS),
    "do": _one_of("do", lambda: ACTIONS),
    "measured": _some_of("measured", lambda: MEASURES, MOST_SHOWN),
    **{page: _group(page) for page in PAGES},
}
KEYS = (*_CHECKS, "predict", "minutes")
"""Every key of a step's front matter."""


# ---- writing


def write_lecture(lecture: Lecture) -> str:
    """The lecture as Markdown; a step that was not edited stays as it was written."""
    parts = []
    if lecture.head or not lecture.steps or lecture.title:
        head = {**lecture.head, "lecture": lecture.title}
        ordered = {"lecture": head.pop("lecture"), **head}
        parts.append(f"---\n{front_text(ordered)}---\n\n{lecture.introduction}".rstrip())
    parts += [step.source or _step_text(step) for step in lecture.steps]
    return "\n\n".join(parts) + "\n"


def save_lecture(lecture: Lecture, path: Path) -> Lecture:
    """Write the lecture to a file that is whole at every moment; it is then that file's.

    Raises:
        LectureError: it cannot be written; what was there is as it was.
    """
    try:
        with replacing(path) as partial:
            text = write_lecture(lecture)
            partial.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise LectureError(
            f"{path} cannot be written ({error.strerror}); save it in another place"
        ) from None
    return replace(lecture, path=path)


def front_text(front: Mapping[str, Json]) -> str:
    """Front matter as it is written between the lines ``---``."""
    if not front:
        return ""
    return str(
        yaml.dump(
            dict(front),
            Dumper=_Dumper,
            sort_keys=False,
            allow_unicode=True,
            default_flow_style=None,
            width=96,
        )
    )


def read_front(text: str, folder: Path | None = None) -> tuple[dict[str, Json], list[Problem]]:
    """Front matter that the user typed, and what is wrong with it; lines are counted from 1."""
    problems: list[Problem] = []
    front, places = _front(text.split("\n"), 1, problems)
    _checked(front, places, 1, folder, problems)
    return front, problems


def _step_text(step: Step) -> str:
    parts = [f"---\n{front_text(step.front)}---", f"# {step.title}"]
    if step.text:
        # A line of this kind would begin another step.
        parts.append(re.sub(r"(?m)^---\s*$", "***", step.text))
    if step.notes:
        parts.append("\n".join(f"> {line}".rstrip() for line in step.notes.split("\n")))
    return "\n\n".join(parts)
