"""The twin beside the network on screen, residual or plain, for the instruments that show both."""

from __future__ import annotations

from dataclasses import dataclass, replace

from resnet_viz.analysis.session import Subject
from resnet_viz.analysis.task import TaskContext
from resnet_viz.networks.catalog import NetworkSpec
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.weights import WeightsError
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import TaskError


@dataclass(frozen=True)
class TwinSubject:
    """A twin to experiment on, and the snapshot that names it."""

    snapshot: Snapshot
    subject: Subject


def twin_subject(
    twin: NetworkSpec, snapshot: Snapshot, trained: bool, context: TaskContext
) -> TwinSubject:
    """The twin with its own weights: trained as the network on screen is.

    Raises:
        TaskError: it has no weights where the network on screen is trained.
    """
    choice = WeightsChoice("default" if trained else "untrained")
    asked = replace(snapshot, network=twin.name, weights=choice, gates=GateSettings())
    try:
        subject = context.session.subject(asked, context.cancelled)
    except WeightsError as error:
        raise TaskError(f"{twin.title} is not shown beside it: {error}.") from error
    if trained and not subject.weights.trained:
        raise TaskError(
            f"{twin.title} is not shown beside it: no trained weights of it come with the program."
        )
    return TwinSubject(asked, subject)
