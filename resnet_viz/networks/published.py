"""What torchvision says about its weights, from a table, so that no torch is needed to show it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from resnet_viz import assets

_TABLE = "torchvision-weights.json"


@dataclass(frozen=True)
class Published:
    """One set of weights: ``weights`` is torchvision's name, such as "IMAGENET1K_V2".

    ``top1`` and ``top5`` are accuracies on ImageNet-1K's validation set in percent, ``gflops`` is
    10⁹ multiply-adds for one image. ``new_recipe`` tells weights that were trained with
    torchvision's longer recipe of 2021 from those near the papers', and ``recipe`` is where the
    training is described. ``file`` is the file's name and ``megabytes`` its size, in 2²⁰ bytes.
    """

    network: str
    title: str
    weights: str
    parameters: int
    top1: float
    top5: float
    gflops: float
    new_recipe: bool
    recipe: str
    file: str
    megabytes: float

    @property
    def version(self) -> str:
        """ "V1" or "V2", as in torchvision's name."""
        return self.weights.removeprefix("IMAGENET1K_")

    @property
    def residual(self) -> bool:
        """Whether the network has shortcuts."""
        return "resne" in self.network


@dataclass(frozen=True)
class PublishedDownstream:
    """The weights of a model with a backbone that answers with more than a class.

    ``measured`` are (measure, percent), such as ("box AP", 37.0), on COCO's images of 2017; the
    other fields are as in `Published`.
    """

    network: str
    title: str
    weights: str
    parameters: int
    measured: tuple[tuple[str, float], ...]
    file: str
    megabytes: float


@cache
def published() -> tuple[Published, ...]:
    """All rows of the table; none if it is damaged."""
    try:
        with assets.table(_TABLE) as table:
            return tuple(Published(**row) for row in table["rows"])
    except assets.AssetError as error:
        assets.faults.add(str(error))
        return ()


def newest(network: str) -> Published | None:
    """The weights that torchvision takes by default; None for a network that is not its own."""
    rows = [row for row in published() if row.network == network]
    return rows[-1] if rows else None


@cache
def downstream() -> tuple[PublishedDownstream, ...]:
    """The models with a backbone.

    Raises:
        AssetError: the table is damaged.
    """
    with assets.table(_TABLE) as table:
        return tuple(
            PublishedDownstream(**{**row, "measured": tuple(map(tuple, row["measured"]))})
            for row in table["downstream"]
        )


@cache
def source() -> tuple[str, str]:
    """Where the figures come from, and its address.

    Raises:
        AssetError: the table is damaged.
    """
    with assets.table(_TABLE) as table:
        return table["source"], table["link"]
