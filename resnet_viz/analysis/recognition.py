"""The task that finds out which network a user's file of weights is for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from resnet_viz.analysis.task import TaskContext
from resnet_viz.networks import recognise
from resnet_viz.networks.catalog import CATALOG
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.download import WeightsError
from resnet_viz.networks.state_file import read_state
from resnet_viz.results.recognition import NotRecognised, Recognised, RecogniseRequest
from resnet_viz.results.task import Progress, TaskError


def run(request: RecogniseRequest, context: TaskContext) -> Iterator[object]:
    """Give a `Recognised` or a `NotRecognised`.

    Raises:
        TaskError: the file cannot be read as weights; nothing in it was run.
    """
    path = Path(request.path)
    yield Progress(f"Reading {path.name}", 0, 0)
    try:
        state = read_state(path)
    except WeightsError as error:
        raise TaskError(str(error)) from error
    for number, spec in enumerate(CATALOG.values()):
        yield Progress(f"Comparing {path.name} with {spec.title}", number, len(CATALOG))
        recognise.shapes(spec)
    try:
        match = recognise.network_of(state, path.name, request.preferred, context.stop_if_cancelled)
    except recognise.Unrecognised as error:
        yield NotRecognised(error.nearest, str(error))
        return
    yield Recognised(match.spec.name, choice_of(match, path), sentence(match, path))


def choice_of(match: recognise.Match, path: Path) -> WeightsChoice:
    """The file's weights, with its number of classes where that is not the network's own."""
    own = match.classes == match.spec.classes
    return WeightsChoice("file", str(path), None if own else match.classes)


def sentence(match: recognise.Match, path: Path) -> str:
    """What was recognised and what was guessed, for the user."""
    spec = match.spec
    others = f", and fits {' and '.join(match.others)} as well" if match.others else ""
    return (
        f"{path.name} was made for {spec.title} with {match.classes} classes{others}. Guessed from "
        f"that: an input of {spec.preprocessing.title}"
    )
