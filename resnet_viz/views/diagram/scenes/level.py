"""What the three levels of the diagram have in common: each is a scene that the view can show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.result import Result
from resnet_viz.views.diagram.items.skip import SkipItem
from resnet_viz.views.diagram.measures import Fill

LevelName = Literal["network", "blocks", "layers"]
LEVELS: tuple[LevelName, ...] = ("network", "blocks", "layers")
"""From the outermost to the innermost."""

TITLES: dict[LevelName, str] = {"network": "Network", "blocks": "Blocks", "layers": "Layers"}


@dataclass(frozen=True)
class Path:
    """A way that data takes. ``block`` is whose it is; ``kind`` which of its ways.

    ``trunk`` leads to the block, from what was before it; ``skip`` and ``branch`` go through it,
    side by side.
    """

    block: str
    kind: Literal["trunk", "skip", "branch"]
    curve: QPainterPath


class Level(Protocol):
    """One level. ``skips`` are by the name of their (first) block."""

    level: LevelName
    skips: dict[str, SkipItem]

    def sceneRect(self) -> QRectF: ...

    def show_gates(self, gates: GateSettings) -> None:
        """Draw skips and branches as ``gates`` has them."""

    def show_selection(self, name: str) -> None:
        """Outline the block called ``name``."""

    def show_fill(self, fill: Fill, faded: bool) -> None:
        """Colour the blocks; ``faded`` marks values of the past."""

    def show_picture(self, pixels: np.ndarray | None) -> None:
        """Show what the network sees, (S, S, 3) uint8, as the input."""

    def show_tooltips(self, gates: GateSettings, result: Result | None) -> None:
        """Let hovering tell what is known."""

    def places(self) -> Mapping[str, QRectF]:
        """Where each block lies, by its name."""

    def paths(self) -> list[Path]:
        """The ways of the data, from the input to the output."""


def nearest(places: Mapping[str, QRectF], at: QPointF) -> str:
    """The name of the block whose place is nearest to a point."""

    def distance(name: str) -> float:
        place = places[name]
        dx = max(place.left() - at.x(), 0.0, at.x() - place.right())
        dy = max(place.top() - at.y(), 0.0, at.y() - place.bottom())
        return dx * dx + dy * dy

    return min(places, key=distance)


def straight_path(*points: tuple[float, float]) -> QPainterPath:
    """A polyline as a path."""
    path = QPainterPath(QPointF(*points[0]))
    for point in points[1:]:
        path.lineTo(*point)
    return path
