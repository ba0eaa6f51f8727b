"""The maps of a comparison: left, right and their difference, on shared scales."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from resnet_viz.figures import comparison as figures
from resnet_viz.images import overlay
from resnet_viz.images.photo import network_picture
from resnet_viz.results.attribution import Pair
from resnet_viz.results.comparison import Comparison, difference, mean_activation
from resnet_viz.views.widgets import theme, zoom
from resnet_viz.views.widgets.picture import Picture
from resnet_viz.views.widgets.plain_text import PlainLabel
from resnet_viz.views.widgets.scale_bar import ScaleBar

_SIDE = 256  # pixels of the photo under Grad-CAM
_OPACITY = 0.85


@dataclass(frozen=True)
class _Row:
    """One kind of map: its pictures at the left, at the right and of the difference."""

    title: QLabel
    pictures: tuple[Picture, Picture, Picture]
    bars: tuple[ScaleBar, ScaleBar]


class Maps(QWidget):
    """Mean activation of the selected blocks and maps of a method of attribution. Both sides share
    one colour scale; the difference, right − left, has a diverging one, centred on zero."""

    def __init__(self) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(3)
        self.heads = (PlainLabel("Left"), PlainLabel("Right"), PlainLabel("Right − left"))
        for head in self.heads:
            zoom.offer(self, "Maps of both", head)
        for column, head in enumerate(self.heads):
            grid.addWidget(head, 0, column)
        self._rows = []
        signed = theme.colour_map(figures.SIGNED)
        for number, (title, table) in enumerate(
            (("Activation", "viridis"), ("Grad-CAM", "inferno"))
        ):
            row = _Row(
                PlainLabel(title),
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

    def show_blocks(
        self, comparison: Comparison, left: str, right: str, pair: Pair | None = None
    ) -> None:
        """Draw block ``left`` of the left side beside block ``right`` of the right side, and the
        maps of ``pair`` in place of the Grad-CAMs."""
        blocks = comparison.left.now.block(left), comparison.right.now.block(right)
        self.heads[0].setText(f"Left · {left}")
        self.heads[1].setText(f"Right · {right}")
        same = blocks[0].activation.shape == blocks[1].activation.shape
        sizes = " and ".join(_size(block.activation) for block in blocks[: 1 if same else 2])
        self._show(
            self._rows[0],
            self._tables[0],
            (mean_activation(blocks[0]), mean_activation(blocks[1])),
            f"Activation, mean over the channels ({sizes})",
            "",
        )
        method, maps, refusals = figures.attribution(comparison, (left, right), pair)
        row = self._rows[1]
        table = self._tables[2 if method.signed else 1]
        low, high = figures.ends(*maps, signed=method.signed)
        row.bars[0].set_table(table)
        title = figures.of_whom(comparison, method)
        self._show(row, table, maps, title, method.unit, (low, high))
        sides = (comparison.left, comparison.right)
        for picture, side, values, refusal in zip(
            row.pictures, sides, maps, refusals, strict=False
        ):
            if refusal:
                picture.set_words(refusal)
                continue
            photo = network_picture(side.snapshot.photo, side.crop, _SIDE)
            seen = overlay.laid(photo, values, (low, high), table, _OPACITY)
            picture.set_image(theme.to_qimage(seen))
        if any(refusals):
            row.pictures[2].set_words("There are not two maps")

    def show_waiting(self, title: str) -> None:
        """Say that the maps of a method are being made."""
        self._rows[1].title.setText(title)
        for picture in self._rows[1].pictures:
            picture.set_words("still to come")

    def _show(
        self,
        row: _Row,
        table: np.ndarray,
        maps: tuple[np.ndarray, np.ndarray],
        title: str,
        unit: str,
        ends: tuple[float, float] | None = None,
    ) -> None:
        row.title.setText(title)
        low, high = ends or figures.ends(*maps)
        for picture, one in zip(row.pictures, maps, strict=False):
            colours = overlay.colour(overlay.share(one, low, high), table)
            picture.set_image(theme.to_qimage(colours), crisp=True)
        row.bars[0].set_range(low, high, unit)
        change = difference(*maps)
        finite = np.abs(change[np.isfinite(change)])
        most = float(finite.max()) if finite.size else 0.0
        shares = overlay.share(change, -most, most) if most else np.full(change.shape, 0.5)
        colours = overlay.colour(shares.astype(np.float32), self._tables[2])
        row.pictures[2].set_image(theme.to_qimage(colours), crisp=True)
        row.bars[1].set_range(-most, most, unit)


def _size(activation: np.ndarray) -> str:
    return "×".join(map(str, activation.shape))
