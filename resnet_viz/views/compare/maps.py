"""The maps of a comparison: left, right and their difference, on shared scales."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from resnet_viz.images import overlay
from resnet_viz.images.photo import network_picture
from resnet_viz.results.comparison import Comparison, difference, mean_activation
from resnet_viz.views.widgets import theme, zoom
from resnet_viz.views.widgets.picture import Picture
from resnet_viz.views.widgets.scale_bar import ScaleBar

SIGNED = "CET-D1"
_SIDE = 256  # pixels of the photo under Grad-CAM
_OPACITY = 0.85


@dataclass(frozen=True)
class _Row:
    """One kind of map: its pictures at the left, at the right and of the difference."""

    title: QLabel
    pictures: tuple[Picture, Picture, Picture]
    bars: tuple[ScaleBar, ScaleBar]


class Maps(QWidget):
    """Mean activation and Grad-CAM of the selected blocks. Both sides share one colour scale; the
    difference, right − left, has a diverging one that is centred on zero."""

    def __init__(self) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(3)
        self.heads = (QLabel("Left"), QLabel("Right"), QLabel("Right − left"))
        for head in self.heads:
            zoom.offer(self, "Maps of both", head)
        for column, head in enumerate(self.heads):
            grid.addWidget(head, 0, column)
        self._rows = []
        signed = theme.colour_map(SIGNED)
        for number, (title, table) in enumerate(
            (("Activation", "viridis"), ("Grad-CAM", "inferno"))
        ):
            row = _Row(
                QLabel(title),
                (Picture(), Picture(), Picture()),
                (ScaleBar(theme.colour_map(table)), ScaleBar(signed)),
            )
            at = 3 * number + 1
            grid.addWidget(row.title, at, 0, 1, 3)
            for column, picture in enumerate(row.pictures):
                grid.addWidget(picture, at + 1, column)
            grid.addWidget(row.bars[0], at + 2, 0, 1, 2)
            grid.addWidget(row.bars[1], at + 2, 2)
            grid.setRowStretch(at + 1, 1)
            self._rows.append(row)
        for column in range(3):
            grid.setColumnStretch(column, 1)
        self._tables = (theme.colour_map("viridis"), theme.colour_map("inferno"), signed)

    def show_blocks(self, comparison: Comparison, left: str, right: str) -> None:
        """Draw block ``left`` of the left side beside block ``right`` of the right side."""
        blocks = comparison.left.now.block(left), comparison.right.now.block(right)
        self.heads[0].setText(f"Left · {left}")
        self.heads[1].setText(f"Right · {right}")
        same = blocks[0].activation.shape == blocks[1].activation.shape
        sizes = " and ".join(_size(block.activation) for block in blocks[: 1 if same else 2])
        target = comparison.left.labels[comparison.left.now.target]
        self._show(
            self._rows[0],
            self._tables[0],
            (mean_activation(blocks[0]), mean_activation(blocks[1])),
            f"Activation, mean over the channels ({sizes})",
            "",
        )
        self._show(
            self._rows[1],
            self._tables[1],
            (blocks[0].cam, blocks[1].cam),
            f"Grad-CAM of “{target}”" if comparison.same_classes else "Grad-CAM",
            "logits",
        )
        high = _greatest(blocks[0].cam, blocks[1].cam)
        sides = (comparison.left, comparison.right)
        for picture, side, block in zip(self._rows[1].pictures, sides, blocks, strict=False):
            photo = network_picture(side.snapshot.photo, side.crop, _SIDE)
            seen = overlay.glow(photo, block.cam, high, self._tables[1], _OPACITY)
            picture.set_image(theme.to_qimage(seen))

    def _show(
        self,
        row: _Row,
        table: np.ndarray,
        maps: tuple[np.ndarray, np.ndarray],
        title: str,
        unit: str,
    ) -> None:
        row.title.setText(title)
        high = _greatest(*maps)
        for picture, one in zip(row.pictures, maps, strict=False):
            colours = overlay.colour(overlay.share(one, 0.0, high), table)
            picture.set_image(theme.to_qimage(colours), crisp=True)
        row.bars[0].set_range(0.0, high, unit)
        change = difference(*maps)
        finite = np.abs(change[np.isfinite(change)])
        most = float(finite.max()) if finite.size else 0.0
        shares = overlay.share(change, -most, most) if most else np.full(change.shape, 0.5)
        colours = overlay.colour(shares.astype(np.float32), self._tables[2])
        row.pictures[2].set_image(theme.to_qimage(colours), crisp=True)
        row.bars[1].set_range(-most, most, unit)


def _greatest(*maps: np.ndarray) -> float:
    """The greatest finite value of all maps, or 0."""
    tops = [overlay.finite_range(one)[1] for one in maps]
    return max((top for top in tops if np.isfinite(top)), default=0.0)


def _size(activation: np.ndarray) -> str:
    return "×".join(map(str, activation.shape))
