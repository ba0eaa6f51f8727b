"""Every selectable network, in one table. To add a network, add an entry."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from resnet_viz.networks.architecture import Architecture
from resnet_viz.networks.preprocessing import CIFAR10, IMAGENET, Preprocessing

if TYPE_CHECKING:
    from torch import nn

Family = Literal["cifar", "imagenet", "mnist", "file"]

HE_2015 = "He 2015, arXiv 1512.03385"


@dataclass(frozen=True)
class NetworkSpec:
    """A network that can be drawn and run.

    ``input_size`` is the side of the square input in pixels; ``crop_fraction`` is the side of the
    default centre crop as a share of the photo's short side (for torchvision's weights, their crop
    over their resize); ``mean`` and ``std`` normalise pixels in [0, 1]. ``embedded`` names the
    weights that come with the program, if any.

    ``maker`` is "module:function", called with ``num_classes`` and without weights; the CIFAR
    family of He 2015 needs none. ``order`` "pre" is that of He 2016: norm and ReLU before each
    convolution. ``channels`` is 1 for networks that see shades of grey. ``group`` is where menus
    list it, and ``paper`` is where it comes from. ``unused`` are beginnings of names in files of
    its weights that the network has no use for. ``architecture`` is that of a network that was read
    from a user's file, and takes the place of all the rest.
    """

    name: str
    title: str
    family: Family
    depth: int
    input_size: int
    crop_fraction: float
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    combine: Literal["add", "concat", "none"] = "add"
    shortcut: Literal["pad", "projection"] = "projection"
    embedded: str | None = None
    order: Literal["post", "pre"] = "post"
    maker: str = ""
    classes: int = 10
    channels: int = 3
    group: str = ""
    paper: str = HE_2015
    unused: tuple[str, ...] = ()
    architecture: Architecture | None = None

    @property
    def has_classes(self) -> bool:
        """False for a network without a head, whose outputs are the pooled features."""
        return self.architecture is None or bool(self.architecture.head)

    @property
    def independent(self) -> bool:
        """True where each output is a yes or no by itself, so that shares need not add up to 1."""
        return self.architecture is not None and self.architecture.independent

    @property
    def data_title(self) -> str:
        """The data that the network is made for, as shown to the user."""
        return {"cifar": "CIFAR-10", "imagenet": "ImageNet", "mnist": "MNIST"}.get(self.family, "")

    def adapted(self, classes: int | None, preprocessing: Preprocessing | None) -> NetworkSpec:
        """The same network for other classes and another input; None is the network's own."""
        spec = self if classes is None else replace(self, classes=classes)
        if preprocessing is not None:
            size, mean, std = preprocessing.size, preprocessing.mean, preprocessing.std
            spec = replace(spec, input_size=size, mean=mean, std=std)
        return spec

    @property
    def preprocessing(self) -> Preprocessing:
        """Its input, as it is made for."""
        return Preprocessing(self.input_size, self.mean, self.std)

    def build(self) -> nn.Module:
        """The untrained network, on torch's current default device, in evaluation mode."""
        if self.architecture is not None:
            from resnet_viz.networks.builder import build

            network: nn.Module = build(self.architecture)
        elif self.maker:
            module, _, function = self.maker.partition(":")
            make = getattr(import_module(module), function)
            network = make(num_classes=self.classes)
        else:
            from resnet_viz.networks.cifar import CifarResNet, initialise_he
            from resnet_viz.networks.preact import PreactResNet

            if self.order == "pre":
                network = PreactResNet(self.depth, num_classes=self.classes)
            else:
                network = CifarResNet(
                    self.depth, self.combine, self.shortcut, num_classes=self.classes
                )
            initialise_he(network)
        return network.eval()


def _cifar(
    depth: int,
    combine: Literal["add", "none"] = "add",
    shortcut: Literal["pad", "projection"] = "pad",
    order: Literal["post", "pre"] = "post",
) -> NetworkSpec:
    plain = combine == "none"
    kind, title = ("plain", "Plain") if plain else ("resnet", "ResNet")
    group, paper = f"{title}, CIFAR-10", HE_2015
    if order == "pre":
        kind, title = "preact-resnet", "Pre-act ResNet"
        group, paper = "Pre-activation ResNet, CIFAR-10", "He 2016, arXiv 1603.05027"
    projection = shortcut == "projection"
    name = f"{kind}{depth}{'-projection' if projection else ''}"
    title = f"{title}-{depth}{' (projection)' if projection else ''}"
    return NetworkSpec(
        name,
        title,
        "cifar",
        depth,
        32,
        1.0,
        CIFAR10.mean,
        CIFAR10.std,
        combine,
        shortcut,
        f"{name}-cifar10" if name in EMBEDDED else None,
        order=order,
        group=group,
        paper=paper,
    )


def _imagenet(
    name: str,
    title: str,
    depth: int,
    resize: int,
    group: str = "ResNet, ImageNet",
    paper: str = HE_2015,
) -> NetworkSpec:
    """One of torchvision's networks; ``resize`` is that of its newest weights."""
    return NetworkSpec(
        name,
        title,
        "imagenet",
        depth,
        224,
        224 / resize,
        IMAGENET.mean,
        IMAGENET.std,
        maker=f"torchvision.models:{name}",
        classes=1000,
        group=group,
        paper=paper,
    )


BEFORE = "Before ResNet"
AFTER = "After ResNet, ImageNet"
KRIZHEVSKY = "Krizhevsky 2012, NIPS 25"
SIMONYAN = "Simonyan 2014, arXiv 1409.1556"
XIE = "Xie 2016, arXiv 1611.05431"
ZAGORUYKO = "Zagoruyko 2016, arXiv 1605.07146"

EMBEDDED = frozenset({"resnet20", "resnet56", "plain20", "plain56"})
CIFAR_DEPTHS = (20, 32, 44, 56, 110)
PREACT_DEPTHS = (20, 56, 110)
DEFAULT = "resnet56"
DEEPEST = 1202
"""Of the CIFAR family, He 2015 table 6."""

CATALOG: dict[str, NetworkSpec] = {
    spec.name: spec
    for spec in (
        *(_cifar(depth) for depth in CIFAR_DEPTHS),
        *(_cifar(depth, "none") for depth in CIFAR_DEPTHS),
        *(_cifar(depth, shortcut="projection") for depth in CIFAR_DEPTHS),
        *(_cifar(depth, order="pre") for depth in PREACT_DEPTHS),
        replace(_cifar(164, order="pre"), maker="resnet_viz.networks.preact:resnet164"),
        NetworkSpec(
            "lenet5",
            "LeNet-5",
            "mnist",
            5,
            32,
            1.0,
            # MNIST's pixels, as they are usually normalised.
            (0.1307,) * 3,
            (0.3081,) * 3,
            maker="resnet_viz.networks.classic:LeNet5",
            channels=1,
            group=BEFORE,
            paper="LeCun 1998, Proc. IEEE 86(11)",
        ),
        _imagenet("alexnet", "AlexNet", 8, 256, BEFORE, KRIZHEVSKY),
        _imagenet("vgg16", "VGG-16", 16, 256, BEFORE, SIMONYAN),
        _imagenet("vgg16_bn", "VGG-16 (batch norm)", 16, 256, BEFORE, SIMONYAN),
        _imagenet("vgg19", "VGG-19", 19, 256, BEFORE, SIMONYAN),
        _imagenet("vgg19_bn", "VGG-19 (batch norm)", 19, 256, BEFORE, SIMONYAN),
        replace(
            _imagenet("googlenet", "GoogLeNet", 22, 256, BEFORE, "Szegedy 2014, arXiv 1409.4842"),
            maker="resnet_viz.networks.classic:googlenet",
            unused=("aux1.", "aux2."),
        ),
        _imagenet("resnext50_32x4d", "ResNeXt-50 32×4d", 50, 232, AFTER, XIE),
        _imagenet("resnext101_32x8d", "ResNeXt-101 32×8d", 101, 232, AFTER, XIE),
        _imagenet("resnext101_64x4d", "ResNeXt-101 64×4d", 101, 232, AFTER, XIE),
        _imagenet("wide_resnet50_2", "Wide ResNet-50-2", 50, 232, AFTER, ZAGORUYKO),
        _imagenet("wide_resnet101_2", "Wide ResNet-101-2", 101, 232, AFTER, ZAGORUYKO),
        _imagenet("resnet18", "ResNet-18", 18, 256),
        _imagenet("resnet34", "ResNet-34", 34, 256),
        _imagenet("resnet50", "ResNet-50", 50, 232),
        _imagenet("resnet101", "ResNet-101", 101, 232),
        _imagenet("resnet152", "ResNet-152", 152, 232),
    )
}


def find(name: str) -> NetworkSpec:
    """The network of that name or title, such as "resnet20"; case, spaces, hyphens do not matter.

    "cifar-resnet74", "cifar-plain74", "cifar-preact-resnet74" and "cifar-resnet74-projection" are
    those of He 2015's CIFAR family with a depth that the table does not list.

    Raises:
        ValueError: there is none; the sentence lists those there are.
    """
    wanted = _plain(name)
    for spec in CATALOG.values():
        if wanted in (_plain(spec.name), _plain(spec.title)):
            return spec
    other = re.fullmatch(r"cifar(resnet|plain|preactresnet)(\d{1,4})(projection)?", wanted)
    if other:
        kind, depth, projection = other[1], int(other[2]), other[3]
        made = _cifar(
            depth,
            "none" if kind == "plain" else "add",
            "projection" if projection and kind == "resnet" else "pad",
            "pre" if kind == "preactresnet" else "post",
        )
        if 8 <= depth <= DEEPEST and (depth - 2) % 6 == 0:
            return replace(made, name=f"cifar-{made.name}", embedded=None)
    raise ValueError(f"there is no network {name!r}; choose one of {', '.join(CATALOG)}")


def _plain(name: str) -> str:
    return re.sub("[-_ ]", "", name.lower().replace("×", "x"))


def twin(spec: NetworkSpec) -> NetworkSpec | None:
    """The network of the same layers without the skips, or with them: He 2015 §4.2's plain twin.

    Only shortcuts without parameters (option A) make twins: ResNet-56 and Plain-56 then have the
    same layers and the same number of parameters. None for every other network.
    """
    if spec.family != "cifar" or spec.shortcut != "pad" or spec.order != "post":
        return None
    if spec.combine == "concat":
        return None
    other = "none" if spec.combine == "add" else "add"
    wanted = (spec.family, spec.depth, "pad", other)
    for one in CATALOG.values():
        if (one.family, one.depth, one.shortcut, one.combine) == wanted:
            return one
    return None
