"""Which function does which request: the table of all tasks. To add a task, add a row.

The functions import torch, so they are named here and imported by the worker's thread; the requests
are named too, and imported by whoever makes one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from resnet_viz.analysis.task import TaskContext

TaskFunction = Callable[[Any, TaskContext], Iterator[object]]

TASKS: dict[str, str] = {
    "results.laboratory:LaboratoryRequest": "analysis.laboratory:run",
    "results.convolution:ConvolutionRequest": "analysis.convolution:run",
    "results.comparison:CompareRequest": "analysis.comparison:run",
    "results.strength:StrengthRequest": "analysis.strength:run",
    "results.loss_surface:SurfaceRequest": "analysis.loss_surface:run",
    "results.shattering:ShatteringRequest": "analysis.shattering:run",
    "results.paths:PathsRequest": "analysis.paths:run",
    "results.lesions:LesionsRequest": "analysis.lesions:run",
    "results.recognition:RecogniseRequest": "analysis.recognition:run",
    "results.live_training:TrainingRequest": "analysis.live_training:run",
    "results.witness:WitnessRequest": "analysis.witness:run",
    "results.attribution:AttributionRequest": "analysis.attribution.task:run",
    "results.attribution:PairRequest": "analysis.attribution.pair:run",
    "results.trust:TrustRequest": "analysis.trust:run",
    "results.readout:ReadoutRequest": "analysis.readout:run",
    "results.refinement:RefinementRequest": "analysis.refinement:run",
    "results.alignment:AlignmentRequest": "analysis.alignment:run",
    "results.folder:FolderRequest": "analysis.folder:run",
    "results.folder:LayoutRequest": "analysis.folder:draw",
    "results.backbone:PyramidRequest": "analysis.backbone:run",
    "results.downstream:DownstreamRequest": "analysis.downstream:run",
    "results.downstream:ExplainRequest": "analysis.downstream:run",
    "results.transfer:TransferRequest": "analysis.transfer:run",
    "results.handout:WriteHandout": "export.handout:run",
    "export.formats:WriteRequest": "export.formats:run",
    "export.animation:AnimateRequest": "export.animation:run",
    "export.animation:SweepRequest": "export.animation:sweep",
    "export.animation:FilmRequest": "export.animation:film",
    "export.animation:TrainingFilmRequest": "export.animation:training",
    "results.depth:DepthRequest": "analysis.depth:run",
    "results.receptive:ReceptiveRequest": "analysis.receptive:run",
    "results.receptive_channels:PatchesRequest": "analysis.receptive_channels:run",
    "export.formats:PreviewRequest": "export.formats:preview",
    "results.offline:PrepareRequest": "analysis.offline:run",
}
"""Request → the function that does it, both as "module:name" within the package."""


def find(request: object) -> TaskFunction:
    """The generator function that does ``request``.

    Raises:
        KeyError: there is none.
    """
    kind = type(request)
    module = kind.__module__.removeprefix("resnet_viz.")
    function: TaskFunction = found(TASKS[f"{module}:{kind.__qualname__}"])
    return function


def found(where: str) -> Any:
    """What "module:name" names within the package.

    Raises:
        ImportError, AttributeError: nothing.
    """
    module, _, name = where.partition(":")
    return getattr(import_module(f"resnet_viz.{module}"), name)
