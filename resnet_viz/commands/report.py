"""``resnet-viz report``: the hand-out of each image with all its figures and tables."""

from __future__ import annotations

import argparse
from collections.abc import Generator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnet_viz.commands import attribution
from resnet_viz.commands.asked import Asked, finite, network_options, reproducible, run_pass
from resnet_viz.commands.command import Command, InputError, made_folder, not_written
from resnet_viz.commands.images import opened, sought, stem
from resnet_viz.commands.listing import json_options, listed
from resnet_viz.commands.terminal import bar, complain, say, shown
from resnet_viz.images.photo import PhotoError
from resnet_viz.results.handout import Handout, HandoutRequest
from resnet_viz.results.result import Result, Snapshot
from resnet_viz.results.task import Progress, TaskError

if TYPE_CHECKING:
    from resnet_viz.analysis.session import Session
    from resnet_viz.export.report import Report

_FORMATS = ("png", "svg", "pdf")


def _options(parser: argparse.ArgumentParser) -> None:
    network_options(parser)
    attribution.attribution_option(parser)
    json_options(parser)
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="a folder for each image is made there",
    )
    parser.add_argument("--pdf", action="store_true", help="write all on paper too, as report.pdf")
    parser.add_argument(
        "--formats",
        default="png,svg",
        metavar="png,svg,pdf",
        help="how each figure is written; default: %(default)s",
    )


def _run(given: argparse.Namespace) -> int:
    formats = _formats(given.formats)
    asked = Asked.of(given)
    paths = sought(given.images)
    folder = made_folder(given.out)
    from resnet_viz.analysis.session import Session

    session = Session()
    code = 0
    made: list[tuple[str, Report]] = []
    try:
        with listed(given.json) as add:
            for number, one in enumerate(paths, start=1):
                try:
                    photo = opened(one)
                except PhotoError as error:
                    code = complain(str(error))
                    if given.json:
                        add({"image": one.path, "network": asked.network, "error": str(error)})
                    continue
                which = photo.name if len(paths) == 1 else f"{number} of {len(paths)}, {photo.name}"
                steps = _steps(session, asked.snapshot(photo), folder, stem(one), formats, given)
                with bar(unit="step") as progress, closing(steps):
                    for update in steps:
                        if not isinstance(update, Progress):
                            result, handout, report = update
                        elif not progress.disable:
                            progress.total = update.total or None
                            progress.set_description(f"{which}: {update.text}", refresh=False)
                            progress.n = update.done
                            progress.refresh()
                made.append((f"{photo.name}: {handout.on.structure.title}", report))
                if given.json:
                    entry = _as_json(one.path, result, handout, report)
                    if handout.attribution is not None:
                        entry["attribution"] = attribution.as_json(handout.attribution)
                    add(entry)
                else:
                    say(f"{shown(one.path)}: {len(report.files)} files in {report.folder}")
    finally:  # what is done is kept, even if the rest is interrupted
        if len(made) > 1:
            contents = _contents(folder, made)
            if not given.json:
                say(f"all of them: {contents}")
    return code


def _contents(folder: Path, made: list[tuple[str, Report]]) -> Path:
    from resnet_viz.export.report import write_contents

    try:
        return write_contents(folder, made)
    except OSError as error:
        raise not_written(folder, error) from None


def _formats(text: str) -> tuple[str, ...]:
    names = [name.strip().lower().lstrip(".") for name in text.split(",")]
    wrong = [name for name in names if name not in _FORMATS]
    if wrong:
        raise InputError(f"--formats {wrong[0]!r} is none of {', '.join(_FORMATS)}")
    return tuple(f".{name}" for name in dict.fromkeys(names))


def _steps(
    session: Session,
    snapshot: Snapshot,
    folder: Path,
    name: str,
    formats: tuple[str, ...],
    given: argparse.Namespace,
) -> Generator[Progress | tuple[Result, Handout, Report], None, None]:
    """Compute and write the report of one image; the last thing is what came of it."""
    from resnet_viz.analysis.handout import run
    from resnet_viz.analysis.task import TaskContext
    from resnet_viz.export.report import Report, writing

    result = run_pass(session, snapshot)
    handout: Handout | None = None
    try:
        request = HandoutRequest(snapshot, attribution=attribution.request(given, snapshot))
        for update in run(request, TaskContext(session, list, lambda: False)):
            if isinstance(update, Progress):
                yield update
            elif isinstance(update, Handout):
                handout = update
        assert handout is not None
        for step in writing(handout, result, folder, name, formats, given.pdf):
            yield (result, handout, step) if isinstance(step, Report) else step
    except (ValueError, TaskError) as error:
        raise InputError(str(error)) from None
    except OSError as error:
        raise not_written(folder, error) from None


def _as_json(path: str, result: Result, handout: Handout, report: Report) -> dict[str, Any]:
    """What was computed and written; numbers that are not finite are the strings "nan", "inf"."""
    on = handout.on
    classes = on.snapshot.own_spec.has_classes
    states = []
    for one in handout.states:
        now = one.result.now
        best = now.top(1)[0]
        states.append(
            {
                "state": one.state.key,
                "title": one.state.title,
                "class": on.labels[best],
                "probability": finite(float(now.probabilities[best])) if classes else None,
                "target_probability": (
                    finite(float(now.probabilities[now.target])) if classes else None
                ),
                "output": finite(float(now.logits[best])),
                "target_output": finite(float(now.logits[now.target])),
                "gradient_norms": [finite(block.gradient_norm) for block in now.blocks],
            }
        )
    return {
        "image": path,
        **reproducible(result),
        "target": on.labels[on.now.target],
        "blocks": [block.name for block in on.now.blocks],
        "shown": handout.first,
        "states": states,
        "left_out": list(handout.left_out),
        "folder": str(report.folder),
        "files": [str(file) for file in report.files],
    }


COMMAND = Command("report", "write a page, all figures and all tables of images", _options, _run)
