"""Every selectable network, in one table. To add a network, add a row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from torch import nn

Family = Literal["cifar", "imagenet"]


@dataclass(frozen=True)
class NetworkSpec:
    """A network that can be drawn and run.

    ``input_size`` is the side of the square input in pixels; ``crop_fraction`` is the side of the
    default centre crop as a share of the photo's short side (for torchvision's weights, their crop
    over their resize); ``mean`` and ``std`` normalise pixels in [0, 1]. ``embedded`` names the
    weights that come with the program, if any.
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

    @property
    def data_title(self) -> str:
        """The data that the network is made for, as shown to the user."""
        return "CIFAR-10" if self.family == "cifar" else "ImageNet"

    def build(self) -> nn.Module:
        """The untrained network, on torch's current default device, in evaluation mode."""
        if self.family == "cifar":
            from resnet_viz.networks.cifar import CifarResNet, initialise_he

            network: nn.Module = CifarResNet(self.depth, self.combine, self.shortcut)
            initialise_he(network)
        else:
            from torchvision.models import get_model

            network = get_model(self.name, weights=None)
        return network.eval()


def _cifar(
    depth: int, combine: Literal["add", "none"], shortcut: Literal["pad", "projection"]
) -> NetworkSpec:
    from resnet_viz.images.cifar10 import MEAN, STD

    plain = combine == "none"
    projection = shortcut == "projection"
    name = f"{'plain' if plain else 'resnet'}{depth}{'-projection' if projection else ''}"
    title = f"{'Plain' if plain else 'ResNet'}-{depth}{' (projection)' if projection else ''}"
    embedded = f"{name}-cifar10" if name in EMBEDDED else None
    return NetworkSpec(name, title, "cifar", depth, 32, 1.0, MEAN, STD, combine, shortcut, embedded)


def _imagenet(depth: int, resize: int) -> NetworkSpec:
    return NetworkSpec(
        f"resnet{depth}",
        f"ResNet-{depth}",
        "imagenet",
        depth,
        224,
        224 / resize,
        (0.485, 0.456, 0.406),
        (0.229, 0.224, 0.225),
    )


EMBEDDED = frozenset({"resnet20"})
CIFAR_DEPTHS = (20, 32, 44, 56, 110)
DEFAULT = "resnet20"

CATALOG: dict[str, NetworkSpec] = {
    spec.name: spec
    for spec in (
        *(_cifar(depth, "add", "pad") for depth in CIFAR_DEPTHS),
        *(_cifar(depth, "none", "pad") for depth in CIFAR_DEPTHS),
        *(_cifar(depth, "add", "projection") for depth in CIFAR_DEPTHS),
        _imagenet(18, 256),
        _imagenet(34, 256),
        _imagenet(50, 232),
        _imagenet(101, 232),
        _imagenet(152, 232),
    )
}


def find(name: str) -> NetworkSpec:
    """The network called ``name``, such as "resnet20"; case, spaces and hyphens do not matter.

    Raises:
        ValueError: there is none; the sentence lists those there are.
    """
    plain = name.lower().replace("-", "").replace(" ", "").replace("_", "")
    for spec in CATALOG.values():
        if spec.name.replace("-", "") == plain:
            return spec
    raise ValueError(f"there is no network {name!r}; choose one of {', '.join(CATALOG)}")


def twin(spec: NetworkSpec) -> NetworkSpec | None:
    """The network of the same layers without the skips, or with them: He 2015 §4.2's plain twin.

    Only shortcuts without parameters (option A) make twins: ResNet-56 and Plain-56 then have the
    same layers and the same number of parameters. None for every other network.
    """
    if spec.family != "cifar" or spec.shortcut != "pad" or spec.combine == "concat":
        return None
    other = "none" if spec.combine == "add" else "add"
    wanted = (spec.family, spec.depth, "pad", other)
    for one in CATALOG.values():
        if (one.family, one.depth, one.shortcut, one.combine) == wanted:
            return one
    return None
