"""Models downstream of a backbone: what they answer, and Grad-CAM of an answer at each stage.

A model is run part by part, so that it can be stopped between them and progress is true; what comes
out is what torchvision's own forward gives.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.roi_heads import maskrcnn_inference
from torchvision.transforms.functional import normalize, resize

from resnet_viz.analysis import devices, memory
from resnet_viz.analysis.session import UNTRAINED_SEED
from resnet_viz.analysis.task import TaskContext
from resnet_viz.images.photo import Photo
from resnet_viz.networks import downstream, weights
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.download import downloading
from resnet_viz.networks.downstream import DOWNSTREAM, Downstream, Loaded
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.preprocessing import IMAGENET
from resnet_viz.networks.skips import SkipGates
from resnet_viz.results.downstream import (
    NOWHERE,
    Aim,
    Detection,
    DownstreamRequest,
    DownstreamResult,
    ExplainRequest,
    Explanation,
    Segmentation,
    StageMap,
)
from resnet_viz.results.task import IDLE, Progress, TaskError

_LAYERS = {"layer1": "C2", "layer2": "C3", "layer3": "C4", "layer4": "C5"}
_LEAST = 32  # pixels of the input's short side
_BYTES = {
    "fcn_resnet50": (900, 4200),
    "deeplabv3_resnet50": (900, 5500),
    "fasterrcnn_resnet50_fpn": (750, 1700),
    "maskrcnn_resnet50_fpn": (750, 1700),
}
"""About how much memory each pixel of the input takes, without and with a way back: measured, and
a tenth more."""

_PHOTO = 24
"""The same of each pixel of the photo before it is resized."""

Given = TypeVar("Given")
Steps = Generator[Progress, None, Given]


@dataclass(frozen=True)
class _Held:
    """A model that is kept for the next request: ``choice`` is what it was loaded for."""

    choice: tuple[str, WeightsChoice, torch.device]
    loaded: Loaded
    gates: SkipGates

    @property
    def network(self) -> Any:
        return self.loaded.network

    @property
    def body(self) -> Any:
        """The backbone's modules by name, from input to output."""
        backbone = self.network.backbone
        return getattr(backbone, "body", backbone)


@dataclass(frozen=True)
class _Input:
    """What the model is given: (1, 3, H, W), normalised, of which the photo fills ``size``."""

    values: Tensor
    size: tuple[int, int]


def run(request: DownstreamRequest | ExplainRequest, context: TaskContext) -> Iterator[object]:
    """`DownstreamResult` or `Explanation`, as asked, and then for what it is told next.

    What it is told while it is at work takes the place of that at the end of the part.

    Raises:
        TaskError: the photo is too narrow, or there is not enough memory.
        WeightsError: the weights cannot be had.
        devices.DeviceError: there is no such device.
    """
    waiting: list[object] = [request]
    held: _Held | None = None
    while True:
        asked = context.newest(waiting)
        if asked is IDLE:
            yield IDLE
            continue
        assert isinstance(asked, DownstreamRequest | ExplainRequest)
        of = asked if isinstance(asked, DownstreamRequest) else asked.of
        held = yield from _holding(of, held)
        closed = GateSettings().with_skips(held.gates.blocks, 0.0)
        held.gates.set(GateSettings() if of.skips else closed)
        steps: Generator[object, None, None]
        if isinstance(asked, DownstreamRequest):
            steps = _answer(asked, held)
        else:
            steps = _explain(asked, held)
        with closing(steps):
            for update in steps:
                yield update
                waiting += context.commands()
                if waiting:
                    break
        memory.release()


# --- Loading -----------------------------------------------------------------------------------


def _holding(request: DownstreamRequest, held: _Held | None) -> Steps[_Held]:
    """The model that is asked for, the one that is held if it is the same."""
    device = devices.resolve(request.device)
    name = "" if request.weights.kind == "file" else request.model
    choice = (name, request.weights, device)
    if held is not None and held.choice == choice:
        return held
    yield Progress("Preparing the model", 0, 0)
    if request.weights.kind == "file":
        loaded = downstream.opened(Path(request.weights.path))
    elif request.weights.kind == "untrained":
        loaded = downstream.untrained(DOWNSTREAM[request.model], UNTRAINED_SEED)
    else:
        spec = DOWNSTREAM[request.model]
        yield from _downloaded(spec)
        loaded = downstream.official(spec)
    loaded.network.requires_grad_(False).to(device)
    network: Any = loaded.network
    return _Held(choice, loaded, SkipGates(network.backbone))


def _downloaded(spec: Downstream) -> Steps[None]:
    """Fetch torchvision's weights where they are not here and whole."""
    given = weights.official(spec)
    assert given is not None
    yield Progress(f"Checking {spec.title}’s weights", 0, 0)
    if weights.is_whole(given):
        return
    size = f"{spec.published.megabytes:.0f} MB"
    otherwise = (
        f"fetch its {size} beforehand with “resnet-viz fetch {spec.name}”, open a file of your "
        "own, or take it untrained"
    )
    steps = downloading(
        weights.official_url(spec),
        given.path,
        sha256_prefix=given.sha256_prefix,
        otherwise=otherwise,
    )
    with closing(steps):
        for received, total in steps:
            yield Progress(f"Downloading {spec.title}’s weights ({size})", received, total)


# --- Running -----------------------------------------------------------------------------------


def _given(request: DownstreamRequest, held: _Held, back: bool) -> _Input:
    """The whole photo as the model's input.

    Raises:
        TaskError: it is too narrow, or too large for the memory that is free.
    """
    spec, photo = held.loaded.spec, request.photo
    height, width = input_size(spec, photo, request.side)
    device = next(held.network.parameters()).device
    free = memory.free(device)
    need = height * width * _BYTES[spec.name][back] + photo.width * photo.height * _PHOTO
    if free is not None and need > free:
        raise TaskError(
            f"{spec.title} needs about {memory.size_text(need)} of memory for {width}×{height} "
            f"pixels and {memory.size_text(free)} are free; choose a smaller size, or close "
            "another program"
        )
    pixels = torch.from_numpy(photo.pixels.copy()).permute(2, 0, 1)
    if spec.task == "segmentation":
        scaled = resize(pixels, [height, width], antialias=True).float() / 255
        values = normalize(scaled, list(IMAGENET.mean), list(IMAGENET.std))[None].to(device)
        return _Input(values, (height, width))
    transform = held.network.transform
    transform.min_size, transform.max_size = _limits(spec, request.side)
    images, _ = transform([pixels.float() / 255])
    return _Input(images.tensors.to(device), tuple(images.image_sizes[0]))


def _limits(spec: Downstream, side: int) -> tuple[tuple[int], int]:
    """What the short side is resized to, and the most that the long one may have."""
    side = side or spec.side
    return (side,), round(spec.longest * side / spec.side)


def input_size(spec: Downstream, photo: Photo, side: int = 0) -> tuple[int, int]:
    """The height and width to which ``photo`` is resized; ``side`` 0 is the model's own.

    Raises:
        TaskError: it is too narrow.
    """
    (short,), longest = _limits(spec, side)
    scale = min(short / min(photo.width, photo.height), longest / max(photo.width, photo.height))
    height, width = int(photo.height * scale + 1e-6), int(photo.width * scale + 1e-6)
    if min(height, width) < min(_LEAST, short):
        raise TaskError(
            f"“{photo.name}” is {photo.width}×{photo.height} pixels, too narrow for {spec.title}; "
            "choose a photo that is nearer to a square"
        )
    return height, width


def _text(held: _Held, size: tuple[int, int], part: str) -> str:
    return f"{part} of {held.loaded.spec.title}, {size[1]}×{size[0]} pixels"


def _stages(held: _Held, given: _Input, back: bool) -> Steps[dict[str, Tensor]]:
    """What each stage of the backbone hands on, by its title. With ``back``, gradients flow back
    as far as C2, and no farther."""
    found: dict[str, Tensor] = {}
    values, total = given.values, 5 + len(held.loaded.spec.head) + back
    yield Progress(_text(held, given.size, "C1"), 0, total)
    for name, module in held.body.items():
        title = _LAYERS.get(name)
        if title is not None:
            yield Progress(_text(held, given.size, title), 1 + len(found), total)
        # The mode belongs to the thread, and others use it between two steps.
        with torch.set_grad_enabled(back):
            values = module(values)
        if title is not None:
            if not found:
                values = values.detach().requires_grad_(back)
            found[title] = values
    yield Progress(_text(held, given.size, held.loaded.spec.head[0][0]), 5, total)
    return found


def _pyramid(held: _Held, stages: dict[str, Tensor]) -> OrderedDict[str, Tensor]:
    names = enumerate(stages.values())
    found: OrderedDict[str, Tensor] = held.network.backbone.fpn(
        OrderedDict((str(number), values) for number, values in names)
    )
    return found


def _logits(held: _Held, stages: dict[str, Tensor], size: tuple[int, int]) -> Tensor:
    """(classes, h, w): each pixel's logits, as torchvision enlarges them."""
    coarse = held.network.classifier(stages["C5"])
    fine = functional.interpolate(coarse, size=size, mode="bilinear", align_corners=False)
    return fine[0]


# --- Answers -----------------------------------------------------------------------------------


def _answer(
    request: DownstreamRequest, held: _Held
) -> Generator[Progress | DownstreamResult, None, None]:
    loaded = held.loaded
    given = _given(request, held, back=False)
    began = time.perf_counter()
    stages = yield from _stages(held, given, back=False)
    segmentation: Segmentation | None = None
    detections: tuple[Detection, ...] = ()
    if loaded.spec.task == "segmentation":
        with torch.no_grad():
            segmentation = _segmentation(_logits(held, stages, given.size))
    else:
        detections = yield from _detections(request.photo, held, given, stages)
    yield DownstreamResult(
        request,
        loaded.spec.name,
        loaded.labels,
        loaded.weights,
        given.size,
        time.perf_counter() - began,
        segmentation,
        detections,
    )


def _segmentation(logits: Tensor) -> Segmentation:
    odds, classes = logits.softmax(dim=0).max(dim=0)
    known = logits.isfinite().all(dim=0)
    classes = torch.where(known, classes, torch.full_like(classes, NOWHERE))
    odds = torch.where(known, odds, torch.full_like(odds, float("nan")))
    return Segmentation(classes.to(torch.int16).cpu().numpy(), odds.float().cpu().numpy())


def _detections(
    photo: Photo, held: _Held, given: _Input, stages: dict[str, Tensor]
) -> Steps[tuple[Detection, ...]]:
    spec, network = held.loaded.spec, held.network
    roi, sizes = network.roi_heads, [given.size]
    if not stages["C5"].isfinite().all():
        raise TaskError(
            f"What the backbone of {spec.title} hands on is not finite, so there are no boxes; "
            "switch its skips on, or choose other weights"
        )
    total = 5 + len(spec.head)
    with torch.no_grad():
        features = _pyramid(held, stages)
        proposals, _ = network.rpn(ImageList(given.values, sizes), features)
    yield Progress(_text(held, given.size, spec.head[1][0]), 6, total)
    with torch.no_grad():
        read = roi.box_head(roi.box_roi_pool(features, proposals, sizes))
        logits, moves = roi.box_predictor(read)
        boxes, scores, labels = (
            one[0] for one in roi.postprocess_detections(logits, moves, proposals, sizes)
        )
        which = _origins(roi, logits, moves, proposals, sizes[0], boxes, scores, labels)
        origins = proposals[0][which]
        levels = roi.box_roi_pool.map_levels([origins]).tolist()
    masks: list[np.ndarray | None] = [None] * len(boxes)
    if roi.has_mask() and len(boxes):
        yield Progress(_text(held, given.size, spec.head[2][0]), 7, total)
        with torch.no_grad():
            drawn = roi.mask_predictor(roi.mask_head(roi.mask_roi_pool(features, [boxes], sizes)))
            masks = list(maskrcnn_inference(drawn, [labels])[0][:, 0].float().cpu().numpy())
    scale = torch.tensor([photo.width / given.size[1], photo.height / given.size[0]] * 2)
    return tuple(
        Detection(label, score, _box(box * scale), _box(origin), f"P{level + 2}", mask)
        for label, score, box, origin, level, mask in zip(
            labels.tolist(), scores.tolist(), boxes.cpu(), origins.cpu(), levels, masks, strict=True
        )
    )


def _origins(
    roi: Any,
    logits: Tensor,
    moves: Tensor,
    proposals: list[Tensor],
    size: tuple[int, int],
    boxes: Tensor,
    scores: Tensor,
    labels: Tensor,
) -> Tensor:
    """Which proposal each detection was read from, (N,): that with its score and nearest box."""
    odds = functional.softmax(logits, -1)
    moved = roi.box_coder.decode(moves, proposals)
    left = [moved.new_zeros(())] * 2
    right = [moved.new_tensor(float(size[1])), moved.new_tensor(float(size[0]))]
    low, high = torch.stack(left * 2), torch.stack(right * 2)
    found = []
    for box, score, label in zip(boxes, scores, labels, strict=True):
        away = (moved[:, label].clamp(low, high) - box).abs().sum(dim=1)
        away = away + torch.where(odds[:, label] == score, 0.0, float("inf"))
        found.append(int(away.argmin()))
    return torch.tensor(found, dtype=torch.long, device=boxes.device)


def _box(values: Tensor) -> tuple[float, float, float, float]:
    left, top, right, bottom = values.tolist()
    return left, top, right, bottom


# --- Grad-CAM ----------------------------------------------------------------------------------


def _explain(request: ExplainRequest, held: _Held) -> Generator[Progress | Explanation, None, None]:
    """Grad-CAM (Selvaraju 2017, eq. 1–2) at each stage from one backward pass.

    Of a region it is that of the sum of its logits (Vinogradova 2020, arXiv:2002.11434, eq. 2); of
    a detection that of its class's logit, before the softmax, read from its proposal.
    """
    given = _given(request.of, held, back=True)
    stages = yield from _stages(held, given, back=True)
    with torch.enable_grad():
        logit = _aimed(request.aim, held, given, stages)
    total = 6 + len(held.loaded.spec.head)
    yield Progress(_text(held, given.size, "The way back"), total - 1, total)
    gradients = torch.autograd.grad(logit, list(stages.values()))
    height, width = given.values.shape[-2:]
    covers = given.size[1] / width, given.size[0] / height
    maps = []
    for (title, values), gradient in zip(stages.items(), gradients, strict=True):
        stride = round(height / values.shape[-2])
        maps.append(StageMap(title, stride, _cam(values, gradient), covers))
    spec = held.loaded.spec
    yield Explanation(request, spec.name, float(logit.detach()), tuple(maps))


def _aimed(aim: Aim, held: _Held, given: _Input, stages: dict[str, Tensor]) -> Tensor:
    """The score that is explained, a scalar."""
    if aim.region is not None:
        logits = _logits(held, stages, given.size)
        region = torch.from_numpy(np.ascontiguousarray(aim.region)).to(logits.device)
        return logits[aim.label][region].sum()
    roi = held.network.roi_heads
    proposal = given.values.new_tensor([aim.proposal])
    pooled = roi.box_roi_pool(_pyramid(held, stages), [proposal], [given.size])
    logits, _ = roi.box_predictor(roi.box_head(pooled))
    return logits[0, aim.label]


def _cam(values: Tensor, gradient: Tensor) -> np.ndarray:
    channels = gradient[0].mean(dim=(1, 2))
    cam = torch.einsum("c,chw->hw", channels, values.detach()[0]).relu()
    return np.asarray(cam.float().cpu().numpy(), np.float32)
