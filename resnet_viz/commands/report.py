"""``resnet-viz report``: the hand-out of each image with all its figures and tables."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resnet_viz.commands import attribution
from resnet_viz.commands.asked import Asked, finite, network_options, run_pass
from resnet_viz.commands.command import Command, InputError, complain, made_folder
from resnet_viz.images.photo import PhotoError, find_photos, load_photo
from resnet_viz.results.handout import Handout, HandoutRequest
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import Progress, TaskError

if TYPE_CHECKING:
    from resnet_viz.analysis.session import Session
    from resnet_viz.export.report import Report

_FORMATS = ("png", "svg", "pdf")


def _options(parser: argparse.ArgumentParser) -> None:
    network_options(parser)
    attribution.attribution_option(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")
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
    paths = find_photos(given.images)
    folder = made_folder(given.out)
    from tqdm import tqdm

    from resnet_viz.analysis.session import Session
    from resnet_viz.export.report import write_contents

    session = Session()
    code = 0
    made: list[tuple[str, Report]] = []
    printed: list[dict[str, Any]] = []
    for number, path in enumerate(paths, start=1):
        which = path.name if len(paths) == 1 else f"{number} of {len(paths)}, {path.name}"
        try:
            photo = load_photo(path)
        except PhotoError as error:
            code = complain(str(error))
            continue
        with tqdm(disable=None, leave=False, file=sys.stderr, unit="step") as bar:
            for update in _steps(session, asked.snapshot(photo), folder, path.stem, formats, given):
                if isinstance(update, Progress):
                    if not bar.disable:
                        bar.total = update.total or None
                        bar.set_description(f"{which}: {update.text}", refresh=False)
                        bar.n = update.done
                        bar.refresh()
                    continue
                handout, report = update
        made.append((f"{path.name}: {handout.on.structure.title}", report))
        printed.append(_as_json(path, handout, report))
        if handout.attribution is not None:
            printed[-1]["attribution"] = attribution.as_json(handout.attribution)
        if not given.json:
            print(f"{path}: {len(report.files)} files in {report.folder}", flush=True)
    if len(made) > 1:
        contents = write_contents(folder, made)
        if not given.json:
            print(f"all of them: {contents}")
    if given.json:
        print(json.dumps(printed, indent=2, ensure_ascii=False, allow_nan=False))
    return code


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
) -> Iterator[Progress | tuple[Handout, Report]]:
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
            yield (handout, step) if isinstance(step, Report) else step
    except (ValueError, TaskError) as error:
        raise InputError(str(error)) from None
    except OSError as error:
        raise InputError(
            f"{error.filename or folder} cannot be written ({error.strerror}); choose another "
            "folder for --out"
        ) from None


def _as_json(path: Path, handout: Handout, report: Report) -> dict[str, Any]:
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
        "image": str(path),
        "network": on.snapshot.network,
        "weights": on.weights.title,
        "trained": on.weights.trained,
        "target": on.labels[on.now.target],
        "blocks": [block.name for block in on.now.blocks],
        "shown": handout.first,
        "states": states,
        "left_out": list(handout.left_out),
        "folder": str(report.folder),
        "files": [str(file) for file in report.files],
    }


COMMAND = Command("report", "write a page, all figures and all tables of images", _options, _run)
