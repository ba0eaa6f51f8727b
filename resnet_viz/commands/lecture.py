"""``resnet-viz lecture``: what is in a lecture's file, and what is wrong with it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from resnet_viz.commands.command import Command
from resnet_viz.commands.listing import say_json
from resnet_viz.commands.terminal import say
from resnet_viz.export.lecture import Lecture, LectureError, read_lecture
from resnet_viz.export.lecture_state import session_of
from resnet_viz.images.gallery import load_sample
from resnet_viz.networks import catalog
from resnet_viz.networks.structure import Structure
from resnet_viz.results.offline import in_words, lacking
from resnet_viz.results.result import Snapshot


def found(lecture: Lecture) -> list[str]:
    """A sentence for everything that is wrong: of the file, and of what its networks lack."""
    from resnet_viz.networks.walk import build_structure

    said = lecture.sentences()
    structures: dict[str, Structure] = {}
    now = Snapshot(catalog.DEFAULT, load_sample("chelsea"))
    folder = lecture.path.parent if lecture.path is not None else None
    for number, step in enumerate(lecture.steps):
        state = lecture.state(number)
        name = str(state["network"])
        if name not in structures:
            structures[name] = build_structure(catalog.find(name))
        _, sentences = session_of(state, now, folder, structures[name])
        said += [f"{lecture.name}, line {step.line}: {one}" for one in sentences]
    return list(dict.fromkeys(said))


def downloads(lecture: Lecture) -> list[str]:
    """A sentence about the weights that are needed and not at hand, if there are any."""
    sentence = in_words("This lecture", lacking(lecture.networks))
    return [sentence] if sentence else []


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a lecture's file")
    parser.add_argument(
        "--check",
        action="store_true",
        help="say only what is wrong, with the line and what is allowed there, and what is needed",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def _run(given: argparse.Namespace) -> int:
    """Exit code 0 if nothing is wrong, else 2."""
    reports = [report(path) for path in given.files]
    if given.json:
        say_json(reports, 2)
    for one in () if given.json else reports:
        steps = [] if given.check else list(enumerate(one["steps"], start=1))
        said = [f"{number:4}  {title}" for number, title in steps] + [""] * bool(steps)
        say("\n".join([*said, *one["problems"], *one["needs"], _summary(one)]))
    return 2 if any(one["problems"] for one in reports) else 0


def report(path: Path) -> dict[str, Any]:
    """What is in the lecture at ``path``, what is wrong with it, and what it needs."""
    try:
        lecture = read_lecture(path)
        problems = found(lecture)
    except LectureError as error:
        lecture, problems = Lecture(path.stem, path=path), [str(error)]
    return {
        "file": str(path),
        "title": lecture.title,
        "minutes": lecture.minutes,
        "steps": [step.title for step in lecture.steps],
        "predictions": sum(step.predict is not None for step in lecture.steps),
        "problems": problems,
        "needs": downloads(lecture),
    }


def _summary(one: dict[str, Any]) -> str:
    counts = [f"{len(one['steps'])} steps", f"{one['predictions']} predictions"]
    if one["minutes"]:
        counts.append(f"{one['minutes']:g} minutes")
    wrong = len(one["problems"])
    said = "nothing wrong" if not wrong else "1 mistake" if wrong == 1 else f"{wrong} mistakes"
    return f"{Path(one['file']).name}: “{one['title']}”, {', '.join(counts)}; {said}"


COMMAND = Command("lecture", "list a lecture's steps, or check its file (--check)", _options, _run)
