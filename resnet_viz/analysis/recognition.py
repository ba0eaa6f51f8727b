"""The task that finds out which network a user's file of weights is for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from resnet_viz.analysis.task import TaskContext
from resnet_viz.images.planes import planes_in_words
from resnet_viz.networks import recognise
from resnet_viz.networks.catalog import CATALOG
from resnet_viz.networks.download import WeightsError
from resnet_viz.networks.own import Own, open_own
from resnet_viz.results.recognition import InFile, NotRecognised, Recognised, RecogniseRequest
from resnet_viz.results.task import Progress, TaskError


def run(request: RecogniseRequest, context: TaskContext) -> Iterator[object]:
    """Give a `Recognised` or a `NotRecognised`.

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
    yield recognised(own)


def recognised(own: Own) -> Recognised:
    """What the window and the command line are told of a file."""
    channels = own.spec.channels
    return Recognised(
        own.network,
        own.weights,
        " ".join(filter(None, (f"{'. '.join(own.sentences())}.", planes_in_words(channels)))),
        own.candidate.prefix,
        tuple(InFile(one.prefix, one.title, one.reason) for one in own.candidates),
        own.reading,
    )
