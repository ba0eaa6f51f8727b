"""Models that are built on a ResNet-50 as their backbone: torchvision's for segmentation and
detection. To add one, add it to scripts/torchvision_weights.py and here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from resnet_viz.networks import published, weights
from resnet_viz.networks.choice import WeightsInfo
from resnet_viz.networks.download import WeightsError
from resnet_viz.networks.weights import Availability

if TYPE_CHECKING:
    from torch import Tensor, nn

Task = Literal["segmentation", "detection"]


@dataclass(frozen=True)
class BackboneStage:
    """A stage of the backbone as it is built in: ``stride`` is in pixels of the input, and
    ``dilation`` that of the 3×3 convolutions of its last block. C1 is the stem's convolution."""

    title: str
    channels: int
    stride: int
    dilation: int = 1


def _stages(*strides_and_dilations: tuple[int, int]) -> tuple[BackboneStage, ...]:
    sizes = enumerate(strides_and_dilations, start=2)
    last = (BackboneStage(f"C{n}", 64 * 2**n, *one) for n, one in sizes)
    return BackboneStage("C1", 64, 2), *last


_DILATED = _stages((4, 1), (8, 1), (8, 2), (8, 4))
_PYRAMID = _stages((4, 1), (8, 1), (16, 1), (32, 1))


@dataclass(frozen=True)
class Downstream:
    """A model downstream of a backbone.

    ``side`` is what the photo's short side is resized to, in pixels, and ``longest`` the most that
    the long one may have then; segmentation has no such limit in torchvision, so it is that of
    detection. ``head`` are the parts behind the backbone, in words, as (title, what it does), and
    ``key`` is a tensor that only files of this model have; the first of its sizes is the number of
    classes in that of ``classifier``. ``unused`` are beginnings of names that answers do not need.
    """

    name: str
    task: Task
    side: int
    stages: tuple[BackboneStage, ...]
    head: tuple[tuple[str, str], ...]
    paper: tuple[str, str]
    key: str
    classifier: str
    unused: tuple[str, ...] = ()
    longest: int = 1333
    family: str = "coco"

    @property
    def published(self) -> published.PublishedDownstream:
        """What torchvision says about its weights."""
        return next(row for row in published.downstream() if row.network == self.name)

    @property
    def title(self) -> str:
        return self.published.title

    @property
    def pyramid(self) -> bool:
        """Whether a feature pyramid stands between backbone and head."""
        return self.stages is _PYRAMID

    @property
    def classes(self) -> int:
        """How many classes torchvision's weights tell apart, the background among them."""
        return 21 if self.task == "segmentation" else 91

    @property
    def availability(self) -> Availability:
        """Where torchvision's weights are."""
        return weights.availability_of(self.published.file, self.published.megabytes)

    def build(self, classes: int | None = None, *, frozen: bool = True) -> nn.Module:
        """The bare model, for which nothing is downloaded; the auxiliary head is left out.

        ``frozen`` takes torchvision's frozen batch norm in a detector's backbone, as its weights
        have it; without, ordinary batch norm.
        """
        classes = classes or self.classes
        return _BUILDERS[self.name](classes, frozen)


def _fcn(classes: int, frozen: bool) -> nn.Module:
    from torchvision.models.segmentation import fcn_resnet50

    return fcn_resnet50(
        weights=None, weights_backbone=None, num_classes=classes, aux_loss=False, progress=False
    )


def _deeplab(classes: int, frozen: bool) -> nn.Module:
    from torchvision.models.segmentation import deeplabv3_resnet50

    return deeplabv3_resnet50(
        weights=None, weights_backbone=None, num_classes=classes, aux_loss=False, progress=False
    )


def _with_pyramid(frozen: bool) -> nn.Module:
    from torch import nn
    from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
    from torchvision.ops import FrozenBatchNorm2d

    norm: Any = FrozenBatchNorm2d if frozen else nn.BatchNorm2d
    return resnet_fpn_backbone(
        backbone_name="resnet50", weights=None, norm_layer=norm, trainable_layers=5
    )


def _faster(classes: int, frozen: bool) -> nn.Module:
    from torchvision.models.detection import FasterRCNN

    return FasterRCNN(_with_pyramid(frozen), num_classes=classes)


def _mask(classes: int, frozen: bool) -> nn.Module:
    from torchvision.models.detection import MaskRCNN

    return MaskRCNN(_with_pyramid(frozen), num_classes=classes)


_BUILDERS: Mapping[str, Callable[[int, bool], nn.Module]] = {
    "fcn_resnet50": _fcn,
    "deeplabv3_resnet50": _deeplab,
    "fasterrcnn_resnet50_fpn": _faster,
    "maskrcnn_resnet50_fpn": _mask,
}

_PROPOSALS = ("RPN", "proposes boxes in which there may be a thing, at every level of the pyramid")
_BOXES = ("Box head", "classifies what a 7×7 grid reads in each proposal, and moves its edges")
_CLASSIFIER = "roi_heads.box_predictor.cls_score.weight"

DOWNSTREAM: dict[str, Downstream] = {
    one.name: one
    for one in (
        Downstream(
            "fcn_resnet50",
            "segmentation",
            520,
            _DILATED,
            (("FCN head", "two convolutions give each place a logit for each class"),),
            ("Long et al. 2015", "1411.4038"),
            "classifier.4.weight",
            "classifier.4.weight",
            ("aux_classifier.",),
        ),
        Downstream(
            "deeplabv3_resnet50",
            "segmentation",
            520,
            _DILATED,
            (
                ("ASPP", "looks at C5 with holes of 12, 24 and 36 places and as a whole"),
                ("Classifier", "two convolutions give each place a logit for each class"),
            ),
            ("Chen et al. 2017", "1706.05587"),
            "classifier.0.convs.1.0.weight",
            "classifier.4.weight",
            ("aux_classifier.",),
        ),
        Downstream(
            "fasterrcnn_resnet50_fpn",
            "detection",
            800,
            _PYRAMID,
            (_PROPOSALS, _BOXES),
            ("Ren et al. 2015", "1506.01497"),
            _CLASSIFIER,
            _CLASSIFIER,
        ),
        Downstream(
            "maskrcnn_resnet50_fpn",
            "detection",
            800,
            _PYRAMID,
            (_PROPOSALS, _BOXES, ("Mask head", "draws each thing in a 28×28 grid on its box")),
            ("He et al. 2017", "1703.06870"),
            "roi_heads.mask_predictor.mask_fcn_logits.weight",
            _CLASSIFIER,
        ),
    )
}
"""Each by torchvision's name. One whose key is among another's tensors stands before it."""


# --- Weights -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Loaded:
    """A model with weights, in evaluation mode, and the names of its classes."""

    spec: Downstream
    network: nn.Module
    labels: tuple[str, ...]
    weights: WeightsInfo


def official(spec: Downstream) -> Loaded:
    """The model with torchvision's weights, whose file is there and whole.

    Raises:
        WeightsError: the file cannot be read.
    """
    given = weights.official(spec)
    assert given is not None
    made = opened(given.path, spec)
    measured = ", ".join(f"{what} {value:.1f} %" for what, value in spec.published.measured)
    title = f"{given.enum.name} (torchvision), {measured}"
    labels = tuple(given.enum.meta["categories"])
    return Loaded(spec, made.network, labels, WeightsInfo(title, True))


def opened(path: Path, spec: Downstream | None = None) -> Loaded:
    """The model of the user's file at ``path``, whichever of `DOWNSTREAM` it is.

    It may tell any number of classes apart; they are called as torchvision's where there are as
    many, else by their numbers. Nothing in the file is run.

    Raises:
        WeightsError: the file cannot be read, or is of no such model.
    """
    state = weights.state_in(path)
    counted = any(name.endswith(".num_batches_tracked") for name in state)
    state = {
        modern(name): value
        for name, value in state.items()
        if not name.endswith(".num_batches_tracked")
    }
    spec = spec or _recognised(state, path.name)
    head = state.get(spec.classifier)
    classes = spec.classes if head is None or head.ndim < 2 else int(head.shape[0])
    network = spec.build(max(1, classes))
    weights.fill(network, spec, state, path.name)
    if spec.task == "detection" and not counted:
        _as_frozen(network)
    return Loaded(spec, network.eval(), labels_of(spec, classes), WeightsInfo(path.name, True))


def untrained(spec: Downstream, seed: int) -> Loaded:
    """The model as it is drawn, the same every time, which normalises by the photo itself."""
    import torch

    from resnet_viz.networks.norms import use_batch_statistics

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = spec.build(frozen=False)
    network.eval()
    use_batch_statistics(network)
    return Loaded(spec, network, labels_of(spec, spec.classes), weights.UNTRAINED)


def labels_of(spec: Downstream, classes: int) -> tuple[str, ...]:
    """The names of so many classes."""
    given = weights.official(spec)
    known = () if given is None else tuple(given.enum.meta["categories"])
    if len(known) == classes:
        return known
    return "background", *(f"class {number}" for number in range(1, classes))


def modern(name: str) -> str:
    """A tensor's name as torchvision has it since 0.13; its own files have the older ones."""
    name = re.sub(r"(\.fpn\.(?:inner|layer)_blocks\.\d+)\.(weight|bias)$", r"\1.0.\2", name)
    name = re.sub(r"^(rpn\.head\.conv)\.(weight|bias)$", r"\1.0.0.\2", name)
    return re.sub(
        r"^(roi_heads\.mask_head)\.mask_fcn(\d)\.(weight|bias)$",
        lambda found: f"{found[1]}.{int(found[2]) - 1}.0.{found[3]}",
        name,
    )


def _recognised(state: Mapping[str, Tensor], file: str) -> Downstream:
    if any(name.startswith("backbone.") for name in state):
        for spec in reversed(DOWNSTREAM.values()):
            if spec.key in state:
                return spec
    names = [spec.title for spec in DOWNSTREAM.values()]
    raise WeightsError(
        f"{file} holds none of {', '.join(names[:-1])} and {names[-1]} with a ResNet-50 as their "
        "backbone; open weights of one of these, or open this file in the explorer"
    )


def _as_frozen(network: nn.Module) -> None:
    """Norms without an epsilon, with which torchvision's detectors were trained."""
    from torchvision.ops import FrozenBatchNorm2d

    for module in network.modules():
        if isinstance(module, FrozenBatchNorm2d) and bool((module.running_var > 0).all()):
            module.eps = 0.0
