"""What the gradient laboratory is asked for and what it measures; numbers only, no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from resnet_viz.images.photo import Crop, Photo
from resnet_viz.networks.family import Combine, Initialisation, Nonlinearity
from resnet_viz.results.result import DeviceChoice

Data = Literal["photos", "noise"]

MOST_DEPTH = 1202
CHEAP_DEPTH = 110
"""He 2015 table 6 ends with 110 and 1202; what is deeper than 110 is run only when confirmed."""


@dataclass(frozen=True)
class LaboratoryRequest:
    """The network to build, and the batch to send through it.

    The residual network is built as asked, the plain one with ``combine`` "none" and otherwise
    the same; with ``combine`` "none" only the plain one. ``data`` "photos" is ``photo``, cropped
    to ``crop``, and the samples, augmented; "noise" is N(0, 1). ``seed`` sets weights, data and
    labels.
    """

    depth: int = 56
    combine: Combine = "add"
    norm: bool = False
    initialisation: Initialisation = "default"
    nonlinearity: Nonlinearity = "relu"
    data: Data = "noise"
    batch: int = 64
    seed: int = 0
    photo: Photo | None = None
    crop: Crop | None = None
    device: DeviceChoice = "auto"


@dataclass(frozen=True)
class LayerFlow:
    """What one forward and one backward pass measured at one layer with weights.

    ``weight_gradient`` is the L2 norm of the gradient of the loss with respect to the weights,
    0 only where every entry is 0: its squares are summed in float64.
    ``weight_gradient_float32`` is the same norm summed in float32, as a training program would see
    it, where the squares of entries below 1e-23 are lost. The layer's activation is what the next
    layer gets: after norm and nonlinearity, and for a block's second convolution after the paths
    have met; for fc the logits.
    ``activation_gradient`` is the L2 norm of the gradient with respect to it, over the whole
    batch, and ``variance`` its variance over all its numbers. ``stage`` is 0 outside the stages.
    """

    name: str
    stage: int
    weight_gradient: float
    weight_gradient_float32: float
    activation_gradient: float
    variance: float


@dataclass(frozen=True)
class NetworkFlow:
    """One network's pass: its layers from input to loss, the loss in nats, and the time it took."""

    title: str
    has_skips: bool
    layers: tuple[LayerFlow, ...]
    loss: float
    seconds: float

    @property
    def first(self) -> LayerFlow:
        """The first convolution."""
        return self.layers[0]

    @property
    def last(self) -> LayerFlow:
        """The last convolution; the layer after it is the classifier."""
        return self.layers[-2]

    @property
    def zeros(self) -> int:
        """The layers whose weights have a gradient of 0 in every entry."""
        return sum(layer.weight_gradient == 0.0 for layer in self.layers)


@dataclass(frozen=True)
class LaboratoryResult:
    """The twins, measured on the same batch. ``residual`` is None if it was not asked for.

    ``device`` is the device in words.
    """

    request: LaboratoryRequest
    residual: NetworkFlow | None
    plain: NetworkFlow
    device: str

    @property
    def flows(self) -> tuple[NetworkFlow, ...]:
        """The residual network's, if any, and the plain one's."""
        return (self.plain,) if self.residual is None else (self.residual, self.plain)

    @property
    def macs_per_second(self) -> float:
        """Multiply-accumulates in a second, for estimates on this machine."""
        return cost(self.request).macs / sum(flow.seconds for flow in self.flows)


@dataclass(frozen=True)
class Cost:
    """``macs``: multiply-accumulates of forward and backward, of all networks of the request;
    ``kept``: bytes that the larger network keeps between its forward and its backward pass;
    ``bytes``: with that, all memory that is needed at once."""

    macs: float
    kept: float
    bytes: float


_AT_WORK = 8
"""Activations of the first stage that convolutions and variances need besides, as was measured."""
_GAPS = 1.08
"""Memory for what is kept over its size, as was measured with batches of 64: heaps have gaps."""


def cost(request: LaboratoryRequest) -> Cost:
    """What ``request`` takes, counted from the shapes of He 2015 §4.2.

    A backward pass takes twice the multiply-accumulates of the forward. Kept are each
    convolution's input, with a norm also its output, with GELU its argument, and with "concat"
    both halves of the joint input of the 1×1 convolution. Besides there are the weights of all
    networks, the gradients of one, and what is at work. Measured peaks on the CPU, for 20 to 1202
    layers and batches of 16 and 64, are 0.93 to 1.01 times ``bytes``.
    """
    blocks = (request.depth - 2) / 6
    networks = 1 if request.combine == "none" else 2
    layer = 1 + request.norm + (request.nonlinearity == "gelu")
    concat = request.combine == "concat"
    kept = 2 * layer + 2 * concat
    macs, numbers, weights = 16 * 27 * 1024.0, 16 * 1024.0 * layer, 16 * 27.0
    for number, (width, side) in enumerate(((16, 32), (32, 16), (64, 8))):
        area = side * side
        convolutions = 2 * blocks * 9 * width * width
        if number:
            convolutions -= 9 * width * width / 2  # the first one sees half the channels
        macs += convolutions * area
        if concat:
            macs += blocks * width * width * area  # 2·width inputs, shared out over two networks
        weights += convolutions + 2 * concat * blocks * width * width
        numbers += kept * blocks * width * area
    kept_bytes = 4 * request.batch * numbers
    at_work = _AT_WORK * 4 * request.batch * 16 * 1024
    total = _GAPS * kept_bytes + at_work + 4 * (networks + 1) * weights
    return Cost(3 * networks * request.batch * macs, kept_bytes, total)


def title(depth: int, combine: Combine) -> str:
    """Such as "ResNet-56", "Plain-56" or, where paths are concatenated, "Concat-56"."""
    name = {"add": "ResNet", "concat": "Concat", "none": "Plain"}[combine]
    return f"{name}-{depth}"


def titles(request: LaboratoryRequest) -> str:
    """Of all networks that are asked for, such as "ResNet-56 and Plain-56"."""
    plain = title(request.depth, "none")
    alone = request.combine == "none"
    return plain if alone else f"{title(request.depth, request.combine)} and {plain}"
