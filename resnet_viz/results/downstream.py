"""What a model downstream of a backbone answers, and where its answers come from. No torch, no Qt.

Boxes are (left, top, right, bottom). The model's input is the whole photo, resized.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from resnet_viz.images.photo import Photo
from resnet_viz.networks.choice import WeightsChoice, WeightsInfo
from resnet_viz.networks.downstream import DOWNSTREAM, Downstream
from resnet_viz.results.result import DeviceChoice

Box = tuple[float, float, float, float]

NOWHERE = -1
"""The class of places whose logits are not finite."""


@dataclass(frozen=True)
class DownstreamRequest:
    """Run ``model`` on the whole of ``photo``; of weights from a file, the file says which model.

    ``skips`` False closes the skips of all blocks of the backbone. ``side`` is what the photo's
    short side is resized to, in pixels; 0 is the model's own.
    """

    photo: Photo
    model: str
    weights: WeightsChoice = field(default_factory=WeightsChoice)
    skips: bool = True
    side: int = 0
    device: DeviceChoice = "auto"


@dataclass(frozen=True, eq=False)
class Aim:
    """What a Grad-CAM is to be of: the logit of class ``label``, in ``words`` for the user.

    In a detector it is that of the box ``proposal``, in pixels of the input; in segmentation the
    sum over ``region``, (h, w) bool, the pixels of the input.
    """

    words: str
    label: int
    proposal: Box | None = None
    region: np.ndarray | None = None


@dataclass(frozen=True)
class ExplainRequest:
    """The Grad-CAM of ``aim`` at each stage of the backbone, for what ``of`` has answered."""

    of: DownstreamRequest
    aim: Aim


@dataclass(frozen=True, eq=False)
class Detection:
    """A thing in a photo: its class, its score in [0, 1], and its ``box`` in the photo's pixels.

    ``proposal`` is the box from which the head read its class, in pixels of the input, on ``level``
    of the pyramid, such as "P4". ``mask`` is (28, 28) float32, the probability that each cell of
    the box is of the thing; None where the model draws none.
    """

    label: int
    score: float
    box: Box
    proposal: Box
    level: str
    mask: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Segmentation:
    """The likeliest class of every pixel of the input, (h, w) int16, or `NOWHERE`; and its
    probability, (h, w) float32."""

    classes: np.ndarray
    probability: np.ndarray

    def shares(self, least: float = 0.0) -> dict[int, float]:
        """The share of all pixels that each class has with a probability of at least ``least``,
        the largest first; those below it are in none."""
        seen = self.classes[self.sure(least)]
        labels, counts = np.unique(seen, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        return {int(labels[n]): float(counts[n] / self.classes.size) for n in order}

    def sure(self, least: float) -> np.ndarray:
        """Where the class has a probability of at least ``least``, or none at all, (h, w) bool."""
        known: np.ndarray = (self.probability >= least) | (self.classes == NOWHERE)
        return known

    def all_of(self, label: int, least: float) -> np.ndarray:
        """Where a class has a probability of at least ``least``, (h, w) bool."""
        found: np.ndarray = (self.classes == label) & self.sure(least)
        return found

    def patch(self, row: int, column: int, least: float = 0.0) -> np.ndarray:
        """The connected patch of `all_of` one class that holds a place, (h, w) bool; the place
        must have that probability itself."""
        from skimage.measure import label

        same = self.all_of(int(self.classes[row, column]), least)
        patches = label(same, connectivity=1)
        found: np.ndarray = patches == patches[row, column]
        return found


@dataclass(frozen=True, eq=False)
class DownstreamResult:
    """What the model answers: a `Segmentation`, or detections, the surest first.

    ``size`` is the input's height and width in pixels. ``labels`` are the names of all classes, the
    background's first.
    """

    request: DownstreamRequest
    model: str
    labels: tuple[str, ...]
    weights: WeightsInfo
    size: tuple[int, int]
    seconds: float
    segmentation: Segmentation | None = None
    detections: tuple[Detection, ...] = ()

    @property
    def spec(self) -> Downstream:
        return DOWNSTREAM[self.model]

    @property
    def least(self) -> float:
        """The score below which the model itself gives no detection."""
        return 0.0 if self.segmentation is not None else 0.05

    def name(self, label: int) -> str:
        """A class in words."""
        if label == NOWHERE:
            return "not finite"
        return self.labels[label].strip("_") if label < len(self.labels) else f"class {label}"

    def sure(self, least: float) -> list[Detection]:
        """The detections with a score of at least ``least``."""
        return [one for one in self.detections if one.score >= least]

    def cell(self, x: float, y: float) -> tuple[int, int]:
        """Row and column of the input's pixel at a point, in shares of the photo's sides."""
        height, width = self.size
        return min(height - 1, int(y * height)), min(width - 1, int(x * width))


@dataclass(frozen=True, eq=False)
class StageMap:
    """Grad-CAM at the end of a stage: ``values`` (h, w) float32 ≥ 0, in logits.

    The photo fills ``covers`` of the map, in shares of its width and height from the top left: a
    detector pads its input.
    """

    title: str
    stride: int
    values: np.ndarray
    covers: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Explanation:
    """The maps of all stages, of one backward pass from ``logit``, the score that was explained."""

    request: ExplainRequest
    model: str
    logit: float
    maps: tuple[StageMap, ...]
