"""The three levels in one picture: which is shown, how large, and how one leads to the next."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPointF, QRectF, Signal
from PySide6.QtGui import QPixmap

from resnet_viz.figures.layout.geometry import Text
from resnet_viz.networks.structure import Structure
from resnet_viz.views.diagram.canvas import DiagramCanvas, Morph
from resnet_viz.views.diagram.items.item import LevelName
from resnet_viz.views.diagram.scenes.blocks import BlocksLevel
from resnet_viz.views.diagram.scenes.layers import LayersLevel
from resnet_viz.views.diagram.scenes.level import LEVELS, Level, nearest
from resnet_viz.views.diagram.scenes.network import NetworkLevel

_INTO_BLOCKS = 1.8
"""The zoom of the network's level at which its blocks come in sight."""

_LEAST_LAYERS, _MOST_LAYERS, _MOST_SCALE = 0.7, 1.3, 3.0
"""At the level of layers: the scales in which a block is first shown, and the largest one."""

_NEAR = 300.0
"""The side in pixels that a block may have before its layers come in sight."""


class Levels(QObject):
    """Puts the scene of a level on a canvas. ``built`` follows whenever there is a new scene.

    ``text`` gives the sizes of text as they are now. ``selected`` is the block that a change of
    level is about, unless another one is named.
    """

    built = Signal()

    def __init__(self, canvas: DiagramCanvas, text: Callable[[bool], Text]) -> None:
        super().__init__(canvas)
        self.canvas, self._text = canvas, text
        self.morph = Morph(canvas)
        self.structure: Structure | None = None
        self.selected = ""
        self.level: LevelName = "blocks"
        self.vertical = False
        self.opened: frozenset[str] = frozenset()
        self.current: Level | None = None
        canvas.wheeled.connect(self.zoom)
        canvas.resized.connect(self._resized)

    def set_structure(self, structure: Structure) -> None:
        """Show another network at the same level."""
        if self.structure is None or self.structure.network != structure.network:
            self.opened = frozenset()
        self.structure = structure
        self.rebuild()

    # ---- from level to level

    def set_level(self, level: LevelName, focus: str = "") -> None:
        """Go to a level, to the block called ``focus`` (by default the selected one)."""
        if self.structure is None or level == self.level:
            self.built.emit()
            return
        inwards = LEVELS.index(level) > LEVELS.index(self.level)

        def change() -> None:
            self.level = level
            self.build()
            if level == "layers" or (inwards and focus):
                self.frame(focus or self.selected)

        self._morph(focus or self.selected, change)

    def inwards(self) -> None:
        """To the next finer level, at the selected block."""
        if self.level != "layers":
            self.set_level(LEVELS[LEVELS.index(self.level) + 1], self.selected)

    def outwards(self) -> None:
        """To the next coarser level."""
        if self.level != "network":
            self.set_level(LEVELS[LEVELS.index(self.level) - 1])

    def fold(self, key: str) -> None:
        """Open equal blocks of the network's level, or fold them."""
        self.opened ^= {key}
        self._morph(key, self.build)

    def turn(self) -> None:
        """Change between left to right and top to bottom."""
        self.vertical = not self.vertical
        self._morph(self.selected, self.rebuild)

    def _morph(self, focus: str, change: Callable[[], None]) -> None:
        """Make a change, and let the picture go over into the new one."""
        seen = self.canvas.isVisible()
        before = self.canvas.picture() if seen else QPixmap()
        start = self.on_screen(focus)
        change()
        if seen:
            area = self.canvas.viewport().rect()
            self.morph.play(before, start, self.canvas.picture(), self.on_screen(focus), area)

    # ---- building

    def build(self) -> None:
        """Lay the level out for the view as it is now, and show all of it."""
        if self.structure is None:
            return
        self.morph.stop()
        size = self.canvas.viewport().size()
        width, height, text = size.width(), size.height(), self._text(self.vertical)
        scene: Level
        if self.level == "network":
            scene = NetworkLevel(self.structure, width, height, text, self.opened)
        elif self.level == "layers":
            scene = LayersLevel(self.structure, width, height, text)
        else:
            scene = BlocksLevel(self.structure, width, height, text)
        self.current = scene
        self.canvas.setScene(scene)
        self.canvas.setSceneRect(scene.sceneRect())
        self.canvas.fit_scene()
        self.built.emit()

    def rebuild(self) -> None:
        """Lay out anew, for another theme, network or direction, at the same block."""
        if self.structure is not None:
            self.build()
            if self.level == "layers":
                self.frame(self.selected)

    def _resized(self) -> None:
        if self.canvas.zoom < 1.001:
            self.build()

    # ---- what is in sight

    def on_screen(self, name: str) -> QRectF:
        """Where a block lies in the viewport."""
        scene = self.current
        place = scene.places().get(name) if scene else None
        if place is None:
            return QRectF(self.canvas.viewport().rect())
        return self.canvas.viewportTransform().mapRect(place)

    def frame(self, name: str) -> None:
        """Show a block, or the stage it is in, as large as suits the level."""
        scene = self.current
        if scene is None or self.structure is None:
            return
        area, start = scene.surroundings(name)
        if not scene.fits:
            self.canvas.show_rect(area, _LEAST_LAYERS, _MOST_LAYERS, start)
            return
        self.canvas.show_rect(area, self.canvas.base_zoom, 2.2 * self.canvas.base_zoom)
        if self.canvas.zoom < 1.15:
            self.canvas.fit_scene()

    def follow(self, point: QPointF) -> None:
        """Keep a point of the scene in sight."""
        if self.canvas.zoom >= 1.001 and not self.canvas.visible().contains(point):
            self.canvas.centerOn(point)
            self.canvas.moved.emit()

    def zoom(self, factor: float, about: QPointF | None = None) -> None:
        """Zoom, or go to the next level where this one ends."""
        scene = self.current
        if scene is None:
            return
        view = QRectF(self.canvas.viewport().rect())
        if about is None:
            chosen = self.on_screen(self.selected).center()
            about = chosen if view.contains(chosen) else view.center()
        name = nearest(scene.places(), self.canvas.scene_point(about))
        index = LEVELS.index(self.level)
        if factor < 1 and index > 0 and self._is_far(factor):
            self.set_level(LEVELS[index - 1])
        elif factor > 1 and index < 2 and self._is_near(factor, name):
            self.set_level(LEVELS[index + 1], name)
        else:
            most = _MOST_SCALE / self.canvas.base_zoom if self.level == "layers" else 12.0
            self.canvas.zoom_by(factor, about, most)

    def _is_far(self, factor: float) -> bool:
        """True if zooming out by ``factor`` leaves this level."""
        if self.level == "layers":
            scale = self.canvas.transform().m11() * factor
            return scale < max(0.75 * _LEAST_LAYERS, self.canvas.base_zoom * 0.999)
        return self.canvas.zoom < 1.001

    def _is_near(self, factor: float, name: str) -> bool:
        """True if zooming in by ``factor`` on a block leads into it."""
        if self.level == "network":
            return self.canvas.zoom * factor > _INTO_BLOCKS
        place = self.on_screen(name)
        side = max(place.width(), place.height())
        return side * factor > max(_NEAR, 2.2 * side / self.canvas.zoom)
