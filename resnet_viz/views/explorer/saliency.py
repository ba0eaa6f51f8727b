"""Grad-CAM of the selected block over the user's photo, and of every block in a strip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from resnet_viz.engine.state import ExplorerState
from resnet_viz.figures.figure import Figure
from resnet_viz.figures.maps import cam_scale, grad_cam, kept_unit, remarks
from resnet_viz.figures.numbers import number_text
from resnet_viz.images import overlay
from resnet_viz.images.photo import network_picture
from resnet_viz.results.result import BlockPass, Result
from resnet_viz.views.explorer.activations import OWN, OWN_TIP
from resnet_viz.views.explorer.panel import ExplorerPanel
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.feature import Json
from resnet_viz.views.widgets.film_strip import FilmStrip
from resnet_viz.views.widgets.overlay_picture import OverlayPicture
from resnet_viz.views.widgets.picture import Picture
from resnet_viz.views.widgets.tiles import Tile

_INFERNO = "inferno"
_OPACITY = 80
_UNIT = "logits"


class SaliencyView(ExplorerPanel):
    """Where in the picture the evidence for the target class lies, as a block sees it."""

    def __init__(self, state: ExplorerState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self._result: Result | None = None
        self._photo: tuple[Result, int, np.ndarray] | None = None
        table = theme.colour_map(_INFERNO)
        self._table = table
        self.setAccessibleName("Saliency: Grad-CAM")
        self.panel = OverlayPicture(table, _OPACITY)
        self.panel.hide()
        self.empty = Picture()
        self.empty.set_words("Grad-CAM appears with the first pass.")
        self.strip = FilmStrip(table)
        self.strip.hide()
        self.strip.setAccessibleName("Grad-CAM of every block, from input to output")
        self.own = QCheckBox(OWN)
        self.own.setToolTip(OWN_TIP)
        self.own.toggled.connect(self._draw)
        self.panel.side.insertWidget(self.panel.side.count() - 2, self.own)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(4)
        column.addWidget(self.empty, 1)
        column.addWidget(self.panel, 1)
        column.addWidget(self.panel.scale_bar)  # as wide as the view: it has the most to say
        column.addWidget(self.strip)
        self.strip.moved.connect(self._choose)
        state.block_changed.connect(self._show_block)
        self.retheme()

    def show_result(self, result: Result) -> None:
        """Draw the maps of ``result.now``."""
        self._result = result
        self.own.setVisible(bool(result.structure.skips))
        self.empty.hide()
        self.panel.show()
        self.strip.show()
        self._draw()

    @property
    def controls(self) -> Sequence[QWidget]:
        return (self.own, *self.panel.controls)

    def choices(self) -> dict[str, Json]:
        return {"own_scale": self.own.isChecked()}

    def restore(self, choices: Mapping[str, Json]) -> None:
        if isinstance(choices.get("own_scale"), bool):
            self.own.setChecked(choices["own_scale"])

    def _draw(self) -> None:
        """Draw all maps, on the scale that is chosen."""
        if self._result is not None:
            self.strip.show_tiles([self._tile(block) for block in self._result.now.blocks])
            self._show_block()

    def _tile(self, block: BlockPass) -> Tile:
        assert self._result is not None
        top, kept = cam_scale(self._result, block.name, self.own.isChecked())
        return Tile(block.name, partial(_tip, block, top, kept), block.cam, 0.0, top)

    def figures(self) -> tuple[Figure, ...]:
        """The map on screen over the photo; nothing before the first result."""
        if self._result is None:
            return ()
        block = self._result.now.blocks[self._place()].name
        opacity = self.panel.slider.value() / 100
        return (grad_cam(self._result, block, opacity, self.own.isChecked()),)

    def retheme(self) -> None:
        """Take the colours and the fonts of the current theme."""
        self.panel.retheme()
        self.strip.fit_height()
        self.strip.relayout()
        self.update()

    def _choose(self, place: int) -> None:
        if self._result is not None:
            self._state.select_block(self._result.now.blocks[place].name)

    def _place(self) -> int:
        """Which block's map is shown; the last where the chosen one is not in the result yet."""
        names = [block.name for block in self._result.now.blocks] if self._result else []
        known = self._state.block in names
        return names.index(self._state.block) if known else len(names) - 1

    def _show_block(self) -> None:
        result = self._result
        if result is None:
            return
        blocks, place = result.now.blocks, self._place()
        cam = blocks[place].cam
        top, kept = cam_scale(result, blocks[place].name, self.own.isChecked())
        label = result.labels[result.now.target]
        skips = ", skips as now" if result.structure.skips else ""
        heading = f"Grad-CAM of “{label}” at {blocks[place].name}{skips}"
        self.panel.set_texts(heading, warning=remarks(result, cam))
        self.panel.set_scaled(bool(cam.any()))
        own = overlay.finite_range(cam)[1]
        unit = kept_unit(_UNIT, own) if kept else _UNIT
        self.panel.scale_bar.set_range(0.0, top, unit)
        self.panel.show_map(
            lambda side, opacity: overlay.glow(
                self._crop(result, side), cam, top, self._table, opacity
            )
        )
        self.strip.set_current(place)

    def _crop(self, result: Result, side: int) -> np.ndarray:
        """The photo inside the crop, (side, side, 3); kept, since a large one takes long."""
        if self._photo is None or self._photo[0] is not result or self._photo[1] != side:
            picture = network_picture(result.snapshot.photo, result.crop, side)
            self._photo = (result, side, picture)
        return self._photo[2]


def _tip(block: BlockPass, top: float, kept: bool) -> str:
    own = number_text(overlay.finite_range(block.cam)[1])
    scale = f"the range with all skips on, 0 to {number_text(top)}" if kept else "its own range"
    return f"{block.name}\nGrad-CAM from 0 to {own} logits, coloured by {scale}"
