"""What torchvision says about its weights, from a table, so that no torch is needed to show it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache

from resnet_viz import assets


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
    """All rows of the table."""
    return tuple(Published(**row) for row in _table()["rows"])


def newest(network: str) -> Published | None:
    """The weights that torchvision takes by default; None for a network that is not its own."""
    rows = [row for row in published() if row.network == network]
    return rows[-1] if rows else None


@cache
def downstream() -> tuple[PublishedDownstream, ...]:
    """The models with a backbone."""
    rows = _table()["downstream"]
    return tuple(
        PublishedDownstream(**{**row, "measured": tuple(map(tuple, row["measured"]))})
        for row in rows
    )


@cache
def source() -> tuple[str, str]:
    """Where the figures come from, and its address."""
    table = _table()
    return table["source"], table["link"]


def _table() -> dict:
    return json.loads(assets.text("torchvision-weights.json"))
