"""Which function does which request: the table of all tasks. To add a task, add a row.

The functions import torch, so they are named here and imported by the worker's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from resnet_viz.analysis.task import TaskContext
from resnet_viz.export.animation import (
    AnimateRequest,
    FilmRequest,
    SweepRequest,
    TrainingFilmRequest,
)
from resnet_viz.export.formats import PreviewRequest, WriteRequest
from resnet_viz.results.alignment import AlignmentRequest
from resnet_viz.results.attribution import AttributionRequest, PairRequest
from resnet_viz.results.backbone import PyramidRequest
from resnet_viz.results.comparison import CompareRequest
from resnet_viz.results.convolution import ConvolutionRequest
from resnet_viz.results.depth import DepthRequest
from resnet_viz.results.folder import FolderRequest, LayoutRequest
from resnet_viz.results.handout import WriteHandout
from resnet_viz.results.laboratory import LaboratoryRequest
from resnet_viz.results.lesions import LesionsRequest
from resnet_viz.results.live_training import TrainingRequest
from resnet_viz.results.loss_surface import SurfaceRequest
from resnet_viz.results.offline import PrepareRequest
from resnet_viz.results.paths import PathsRequest
from resnet_viz.results.readout import ReadoutRequest
from resnet_viz.results.receptive import ReceptiveRequest
from resnet_viz.results.receptive_channels import PatchesRequest
from resnet_viz.results.recognition import RecogniseRequest
from resnet_viz.results.refinement import RefinementRequest
from resnet_viz.results.shattering import ShatteringRequest
from resnet_viz.results.strength import StrengthRequest
from resnet_viz.results.transfer import TransferRequest
from resnet_viz.results.trust import TrustRequest
from resnet_viz.results.witness import WitnessRequest

TaskFunction = Callable[[Any, TaskContext], Iterator[object]]

TASKS: dict[type, str] = {
    LaboratoryRequest: "resnet_viz.analysis.laboratory:run",
    ConvolutionRequest: "resnet_viz.analysis.convolution:run",
    CompareRequest: "resnet_viz.analysis.comparison:run",
    StrengthRequest: "resnet_viz.analysis.strength:run",
    SurfaceRequest: "resnet_viz.analysis.loss_surface:run",
    ShatteringRequest: "resnet_viz.analysis.shattering:run",
    PathsRequest: "resnet_viz.analysis.paths:run",
    LesionsRequest: "resnet_viz.analysis.lesions:run",
    RecogniseRequest: "resnet_viz.analysis.recognition:run",
    TrainingRequest: "resnet_viz.analysis.live_training:run",
    WitnessRequest: "resnet_viz.analysis.witness:run",
    AttributionRequest: "resnet_viz.analysis.attribution.task:run",
    PairRequest: "resnet_viz.analysis.attribution.pair:run",
    TrustRequest: "resnet_viz.analysis.trust:run",
    ReadoutRequest: "resnet_viz.analysis.readout:run",
    RefinementRequest: "resnet_viz.analysis.refinement:run",
    AlignmentRequest: "resnet_viz.analysis.alignment:run",
    FolderRequest: "resnet_viz.analysis.folder:run",
    LayoutRequest: "resnet_viz.analysis.folder:draw",
    PyramidRequest: "resnet_viz.analysis.backbone:run",
    TransferRequest: "resnet_viz.analysis.transfer:run",
    WriteHandout: "resnet_viz.export.handout:run",
    WriteRequest: "resnet_viz.export.formats:run",
    AnimateRequest: "resnet_viz.export.animation:run",
    SweepRequest: "resnet_viz.export.animation:sweep",
    FilmRequest: "resnet_viz.export.animation:film",
    TrainingFilmRequest: "resnet_viz.export.animation:training",
    DepthRequest: "resnet_viz.analysis.depth:run",
    ReceptiveRequest: "resnet_viz.analysis.receptive:run",
    PatchesRequest: "resnet_viz.analysis.receptive_channels:run",
    PreviewRequest: "resnet_viz.export.formats:preview",
    PrepareRequest: "resnet_viz.analysis.offline:run",
}
"""Request type → "module:function"."""


def find(request: object) -> TaskFunction:
    """The generator function that does ``request``."""
    module, function = TASKS[type(request)].split(":")
    found: TaskFunction = getattr(import_module(module), function)
    return found
