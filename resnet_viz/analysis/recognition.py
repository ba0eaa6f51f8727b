"""The task that finds out which network a user's file of weights is for."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from resnet_viz.analysis.task import TaskContext
from resnet_viz.images.planes import planes_in_words
from resnet_viz.networks import recognise
from resnet_viz.networks.catalog import CATALOG
from resnet_viz.networks.download import WeightsError
from resnet_viz.networks.own import Own, open_own
from resnet_viz.results.recognition import (
    Checked,
    InFile,
    NotRecognised,
    Recognised,
    RecogniseRequest,
)
from resnet_viz.results.task import Progress, TaskError

if TYPE_CHECKING:
    from resnet_viz.analysis.witness import Witnessed


def run(request: RecogniseRequest, context: TaskContext) -> Iterator[object]:
    """Give a `NotRecognised`, or a `Recognised` and, once the statistics were asked, a `Checked`.

    Raises:
        TaskError: the file cannot be read as weights of a network; nothing in it was run.
    """
    path = Path(request.path)
    yield Progress(f"Reading {path.name}", 0, 0)
    for number, spec in enumerate(CATALOG.values()):
        yield Progress(f"Comparing {path.name} with {spec.title}", number, len(CATALOG))
        recognise.shapes(spec)
    try:
        own = open_own(
            path, request.preferred, request.which, request.choices, context.stop_if_cancelled
        )
    except recognise.Unrecognised as error:
        yield NotRecognised(error.nearest, str(error))
        return
    except (WeightsError, ValueError) as error:
        raise TaskError(str(error)) from error
    first = recognised(own)
    yield first
    if own.reading is None:
        return
    from resnet_viz.analysis.witness import witnessed

    try:
        for update in witnessed(own.reading, own.candidate.tensors, context.cancelled):
            if isinstance(update, Progress):
                yield update
            else:
                now = recognised(
                    taken(own, request.preferred, request.choices, update),
                    update.sentences,
                    "" if update.fit is None else update.fit.short,
                )
                yield Checked(first, now, update.fit)
    except WeightsError as error:
        raise TaskError(str(error)) from error


def taken(
    own: Own, preferred: str | None, choices: tuple[tuple[str, str], ...], found: Witnessed
) -> Own:
    """The file as it is understood once its statistics were asked."""
    assert own.reading is not None
    guesses = {one.key: one.guess for one in own.reading.assumptions}
    changed = tuple(
        (one.key, one.guess)
        for one in found.reading.assumptions
        if one.key in guesses and one.guess != guesses[one.key]
    )
    if changed:
        path, which = own.contents.path, own.candidate.prefix
        own = open_own(path, preferred, which, (*choices, *changed))
    return replace(own, reading=found.reading)


def recognised(
    own: Own, also: tuple[str, ...] = (), short: str = "", settled: Container[str] = ()
) -> Recognised:
    """What the window and the command line are told of a file; ``also`` are sentences as well, and
    ``short`` ends the shortest one. Of assumptions that are ``settled`` nothing is said."""
    what, *guessed = own.sentences(settled)
    said = (what, *also, *guessed)
    planes = planes_in_words(own.spec.channels)
    return Recognised(
        own.network,
        own.weights,
        " ".join(filter(None, (f"{'. '.join(said)}.", planes))),
        own.candidate.prefix,
        tuple(InFile(one.prefix, one.title, one.reason) for one in own.candidates),
        own.reading,
        "; ".join(filter(None, (own.summary, short))),
        tuple(filter(None, (*own.notes, planes.removesuffix(".")))),
    )
