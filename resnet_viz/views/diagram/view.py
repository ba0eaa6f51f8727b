"""DiagramView: the network at three levels, which zooms, pans and answers clicks and keys."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetricsF, QKeyEvent, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.analysis.result import Result
from resnet_viz.engine.state import ExplorerState
from resnet_viz.networks.structure import Structure
from resnet_viz.views import theme
from resnet_viz.views.diagram.bar_item import BarItem, FoldItem
from resnet_viz.views.diagram.block_item import BlockItem
from resnet_viz.views.diagram.canvas import DiagramCanvas, Morph
from resnet_viz.views.diagram.controls import Controls
from resnet_viz.views.diagram.frame_item import CardItem, FrameItem
from resnet_viz.views.diagram.geometry import Text
from resnet_viz.views.diagram.items import StageItem, StageTitleItem
from resnet_viz.views.diagram.layers_scene import LayersScene
from resnet_viz.views.diagram.layout_layers import HEAD
from resnet_viz.views.diagram.legend import Legend
from resnet_viz.views.diagram.level import LEVELS, LevelName, nearest
from resnet_viz.views.diagram.measures import MEASURES, Fill, fill_of
from resnet_viz.views.diagram.minimap import Minimap
from resnet_viz.views.diagram.network_scene import NetworkScene
from resnet_viz.views.diagram.paint import qpoint
from resnet_viz.views.diagram.scene import HEAT_MAP, DiagramScene
from resnet_viz.views.diagram.search import SearchField
from resnet_viz.views.diagram.skip_item import SkipItem

_INTO_BLOCKS = 1.8
"""The zoom of the network's level at which its blocks come in sight."""

_LEAST_LAYERS, _MOST_LAYERS, _MOST_SCALE = 0.7, 1.3, 3.0
"""At the level of layers: the scales in which a block is first shown, and the largest one."""


class DiagramView(QWidget):
    """The network from input to output; blocks and skips can be clicked.

    ``level`` is what the picture consists of: stages, blocks or layers. Zooming and double clicks
    lead from one to the next.
    """

    def __init__(self, state: ExplorerState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._structure: Structure | None = None
        self._result: Result | None = None
        self._opened: frozenset[str] = frozenset()
        self._fill: Fill | None = None
        self.vertical = False
        self.level: LevelName = "blocks"
        self.scene: DiagramScene | None = None
        self.network: NetworkScene | None = None
        self.layers: LayersScene | None = None
        self.canvas = DiagramCanvas(self)
        self.canvas.repeated = (SkipItem, StageTitleItem, FoldItem)
        self.morph = Morph(self.canvas)
        self.minimap = Minimap(self.canvas)
        self.search = SearchField(self.canvas.viewport())
        self.controls = Controls()
        self.legend = Legend(HEAT_MAP)
        self.fills = QComboBox()
        self.placeholder = QLabel("Loading the network…")
        self.placeholder.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Block diagram")
        self.setAccessibleDescription(
            "Left and Right select a block, Space switches its skip, Home and End go to the ends, "
            "Enter and Escape go to the next finer and coarser level."
        )
        self._arrange()
        self.canvas.clicked.connect(self._click)
        self.canvas.double_clicked.connect(self._double_click)
        self.canvas.wheeled.connect(self._zoom)
        self.canvas.resized.connect(self._resized)
        self.controls.level_chosen.connect(lambda name: self.set_level(name))
        self.controls.crumb_chosen.connect(self._go_to_crumb)
        self.search.found.connect(self.reveal)
        self.search.closed.connect(self.setFocus)
        self.fills.currentIndexChanged.connect(lambda _: self._recolour())
        state.gates_changed.connect(self._show_gates)
        state.block_changed.connect(self._show_selection)
        self.retheme()

    def _arrange(self) -> None:
        drawing = QWidget()
        self.find_button = self.controls.add("Find", "Find a layer (Ctrl+F)", self.open_search)
        self.turn_button = self.controls.add(
            "⇅", "Lay out from top to bottom, or from left to right", self.turn
        )
        self.buttons = [
            self.controls.add("−", "Zoom out", self.zoom_out),
            self.controls.add("+", "Zoom in", self.zoom_in),
            self.controls.add("Fit", "Show the whole network (F)", self.fit),
        ]
        for key, measure in MEASURES.items():
            self.fills.addItem(measure.title, key)
        self.fills.setAccessibleName("What the blocks are coloured by")
        self.fills.setToolTip("What the blocks are coloured by")
        self.fills.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.fills.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        bottom = QHBoxLayout()
        bottom.setContentsMargins(6, 0, 6, 2)
        bottom.setSpacing(2)
        bottom.addWidget(self.fills)
        bottom.addWidget(self.legend, 1)
        inside = QVBoxLayout(drawing)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addWidget(self.controls)
        inside.addWidget(self.canvas, 1)
        inside.addLayout(bottom)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.placeholder)
        self._pages.addWidget(drawing)

    # ---- what is shown

    def show_structure(self, structure: Structure) -> None:
        """Draw a network, without measurements yet."""
        if self._structure is None or self._structure.network != structure.network:
            self._opened = frozenset()
        self._structure, self._result = structure, None
        self.setAccessibleName(f"Block diagram of {structure.title}")
        self.legend.has_skips = bool(structure.skips)
        self.search.set_structure(structure)
        self._pages.setCurrentIndex(1)
        self._build()
        if self.level == "layers":
            self._frame(self.selected)

    def show_result(self, result: Result) -> None:
        """Colour the blocks by what was measured; zoom and pan stay as they are."""
        if self._structure != result.structure:
            self.show_structure(result.structure)
        self._result = result
        self._recolour()

    def retheme(self) -> None:
        """Take over the current theme's colours and text size."""
        look = theme.current()
        palette = self.palette()
        palette.setColor(self.backgroundRole(), QColor(look.panel))
        self.setPalette(palette)
        self.setAutoFillBackground(True)
        self.canvas.setBackgroundBrush(QColor(look.panel))
        self.placeholder.setStyleSheet(f"color: {look.muted}; font-size: {look.point_size + 3}pt;")
        self.legend.updateGeometry()
        self.controls.retheme()
        self._rebuild()

    # ---- levels

    @property
    def current(self) -> NetworkScene | DiagramScene | LayersScene | None:
        """The scene of the level that is shown."""
        scenes = {"network": self.network, "blocks": self.scene, "layers": self.layers}
        return scenes[self.level]

    def set_level(self, level: LevelName, focus: str = "") -> None:
        """Go to a level, to the block called ``focus`` (by default the selected one)."""
        if self._structure is None or level == self.level:
            self.controls.show_level(self.level)
            return
        asked, focus = focus, focus or self.selected
        before, start = self.canvas.picture(), self._on_screen(focus)
        inwards = LEVELS.index(level) > LEVELS.index(self.level)
        self.level = level
        self._build()
        if level == "layers" or (inwards and asked):
            self._frame(focus)
        self._play(before, start, focus)

    def _play(self, before: QPixmap, start: QRectF, focus: str) -> None:
        if self.isVisible():
            area = self.canvas.viewport().rect()
            self.morph.play(before, start, self.canvas.picture(), self._on_screen(focus), area)

    def _build(self) -> None:
        """Lay the level out for the view as it is now, and show all of it."""
        if self._structure is None:
            return
        self.morph.stop()
        size = self.canvas.viewport().size()
        width, height, text = size.width(), size.height(), self._text()
        scene: NetworkScene | DiagramScene | LayersScene
        self.network = self.scene = self.layers = None
        if self.level == "network":
            scene = self.network = NetworkScene(self._structure, width, height, text, self._opened)
        elif self.level == "layers":
            scene = self.layers = LayersScene(self._structure, width, height, text)
        else:
            scene = self.scene = DiagramScene(self._structure, width, height, text)
        self.canvas.setScene(scene)
        self.canvas.setSceneRect(scene.sceneRect())
        self.canvas.fit_scene()
        self.controls.show_level(self.level)
        self._recolour()
        self._show_selection()

    def _rebuild(self) -> None:
        """Lay out anew, for another theme or direction, at the same place."""
        if self._structure is not None:
            self._build()
            if self.level == "layers":
                self._frame(self.selected)

    def _frame(self, name: str) -> None:
        """Show a block as large as suits the level."""
        scene = self.current
        if scene is None:
            return
        places = scene.places()
        if isinstance(scene, LayersScene):
            place = places.get(name, places[HEAD])
            start = qpoint(scene.frames[name if name in places else HEAD].frame.entry)
            place = place.adjusted(-8, -8, 8, 8)
            self.canvas.show_rect(place, _LEAST_LAYERS, _MOST_LAYERS, start)
            return
        assert self._structure is not None
        number = self._structure.stage_of(name)
        area = places[name] if name in places else scene.sceneRect()
        if isinstance(scene, DiagramScene) and number:
            for part in scene.layout.stages:
                if part.number == number:
                    rect = part.rect
                    area = area.united(QRectF(rect.x, rect.y, rect.width, rect.height))
        self.canvas.show_rect(area, self.canvas.base_zoom, 2.2 * self.canvas.base_zoom)
        if self.canvas.zoom < 1.15:
            self.canvas.fit_scene()

    def _on_screen(self, name: str) -> QRectF:
        """Where a block lies in the viewport."""
        scene = self.current
        place = scene.places().get(name) if scene else None
        if place is None:
            return QRectF(self.canvas.viewport().rect())
        return self.canvas.viewportTransform().mapRect(place)

    # ---- zoom

    def fit(self) -> None:
        """Lay the level out for the view as it is now, and show all of it."""
        self._build()

    def zoom_in(self) -> None:
        self._zoom(1.4, None)

    def zoom_out(self) -> None:
        self._zoom(1 / 1.4, None)

    def _zoom(self, factor: float, about: QPointF | None) -> None:
        """Zoom, or go to the next level where this one ends."""
        scene = self.current
        if scene is None:
            return
        view = QRectF(self.canvas.viewport().rect())
        if about is None:
            chosen = self._on_screen(self.selected).center()
            about = chosen if view.contains(chosen) else view.center()
        name = nearest(scene.places(), self.canvas.scene_point(about))
        index = LEVELS.index(self.level)
        if factor < 1 and index > 0 and self._is_far(factor):
            self.set_level(LEVELS[index - 1])
        elif factor > 1 and index < 2 and self._is_near(factor, name):
            self.set_level(LEVELS[index + 1], "stem" if name == HEAD else name)
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
        place = self._on_screen(name)
        side = max(place.width(), place.height())
        return side * factor > max(300.0, 2.2 * side / self.canvas.zoom)

    def turn(self) -> None:
        """Change between left to right and top to bottom."""
        self.vertical = not self.vertical
        self.turn_button.setText("⇄" if self.vertical else "⇅")
        before, start = self.canvas.picture(), self._on_screen(self.selected)
        self._rebuild()
        self._play(before, start, self.selected)

    def _text(self) -> Text:
        """The widths of the application's font and the sizes of the theme."""
        font = QFont(self.font())
        pixels = float(QFontInfo(font).pixelSize())
        font.setWeight(QFont.Weight.DemiBold)
        font.setPixelSize(100)
        metrics = QFontMetricsF(font)
        return Text(
            lambda words: max(1, metrics.horizontalAdvance(words)) / 100,
            pixels,
            0.64 * pixels,
            self.vertical,
        )

    def _resized(self) -> None:
        if self.canvas.zoom < 1.001:
            self._build()

    # ---- colours and gates

    @property
    def _late(self) -> bool:
        """True if the result on screen is not that of the gates as they are now."""
        gates = self._state.snapshot.gates
        return self._result is not None and self._result.snapshot.gates != gates

    def _recolour(self) -> None:
        self._show_gates()
        scene = self.current
        if scene is None or self._structure is None:
            return
        measure = MEASURES[self.fills.currentData() or "gradient"]
        self._fill = fill_of(measure, self._structure, self._result)
        self._show_fill()
        self.legend.set_scale(self._fill.scale, measure.tip)
        scene.show_picture(self._result.network_input if self._result else None)
        self.minimap.forget()

    def _show_fill(self) -> None:
        if self.current is not None and self._fill is not None:
            faded = self._late and self._fill.measure.measured is not None
            self.current.show_fill(self._fill, faded)

    def _show_gates(self) -> None:
        scene = self.current
        if scene is None:
            return
        gates = self._state.snapshot.gates
        scene.show_gates(gates)
        scene.show_tooltips(gates, self._result)
        self._show_fill()
        self.minimap.forget()

    @property
    def selected(self) -> str:
        """The name of the block that is outlined."""
        assert self._structure is not None
        names = [block.name for block in self._structure.blocks]
        return self._state.block if self._state.block in names else names[-1]

    def _show_selection(self) -> None:
        scene = self.current
        if scene is not None and self._structure is not None:
            scene.show_selection(self.selected)
            self.minimap.forget()
            number = self._structure.stage_of(self.selected)
            way = [(self._structure.title, "network")]
            way += [(f"Stage {number}", "blocks")] if number else []
            self.controls.show_way([*way, (self.selected, "layers")])

    # ---- mouse and keys

    def _click(self, item: object, at: QPointF) -> None:
        if isinstance(item, BlockItem):
            self._state.select_block(item.name)
        elif isinstance(item, BarItem):
            self._state.select_block(item.block_at(at))
        elif isinstance(item, FoldItem):
            self._fold(item.fold.key)
        elif isinstance(item, CardItem):
            self._choose(item.block)
            if self.layers:
                self.layers.select_layer(item.name)
        elif isinstance(item, FrameItem):
            self._choose(item.name)
        elif isinstance(item, SkipItem):
            gates = self._state.snapshot.gates
            self._state.set_skips(item.names, not any(gates.skip(name) for name in item.names))
        elif isinstance(item, StageTitleItem) and self._structure:
            names = self._structure.stages[item.part.number - 1].skips
            if names:
                gates = self._state.snapshot.gates
                self._state.set_skips(names, not any(gates.skip(name) for name in names))

    def _choose(self, name: str) -> None:
        if name != HEAD:
            self._state.select_block(name)

    def _double_click(self, item: object, at: QPointF) -> None:
        """Into what was clicked; on empty ground, out again."""
        if isinstance(item, BarItem):
            self.set_level("blocks", item.block_at(at))
        elif isinstance(item, StageItem) and self.level == "network" and self._structure:
            self.set_level("blocks", self._structure.stages[item.part.number - 1].blocks[0].name)
        elif isinstance(item, BlockItem):
            self.set_level("layers", item.name)
        elif isinstance(item, FrameItem | CardItem):
            name = item.name if isinstance(item, FrameItem) else item.block
            self._frame(name)
        elif self.canvas.zoom > 1.001 and self.level != "layers":
            self.fit()
        else:
            self.outwards()

    def _fold(self, key: str) -> None:
        """Open equal blocks, or fold them."""
        self._opened ^= {key}
        before, start = self.canvas.picture(), self._on_screen(key)
        self._build()
        self._play(before, start, key)

    def _go_to_crumb(self, level: str) -> None:
        for name in LEVELS:
            if name == level:
                if name == self.level:
                    self._frame(self.selected)
                self.set_level(name, self.selected)

    def inwards(self) -> None:
        """To the next finer level, at the selected block."""
        if self._structure and self.level != "layers":
            self.set_level(LEVELS[LEVELS.index(self.level) + 1], self.selected)

    def outwards(self) -> None:
        """To the next coarser level."""
        if self.level != "network":
            self.set_level(LEVELS[LEVELS.index(self.level) - 1])

    def open_search(self) -> None:
        """Open the field that finds a layer by its name."""
        if self._structure is not None:
            self.search.open(self.canvas.viewport().width())

    def reveal(self, name: str) -> None:
        """Select the block or the layer called ``name``, and zoom to it."""
        if self._structure is None:
            return
        names = [block.name for block in self._structure.blocks]
        if name in names:
            self._state.select_block(name)
            if self.level == "network":
                self.set_level("blocks", name)
            else:
                self._frame(name)
            return
        block = next(
            (
                block.name
                for block in self._structure.blocks
                if any(name == x.name for x in (*block.layers, *block.shortcut_layers))
            ),
            HEAD,
        )
        self._choose(block)
        self.set_level("layers", block)
        assert self.layers is not None
        card = self.layers.cards[name]
        self._frame(block)
        self.layers.select_layer(name)
        self.canvas.ensureVisible(QRectF(card.boundingRect()), 40, 20)
        self.canvas.moved.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._structure is None:
            super().keyPressEvent(event)
            return
        names = [block.name for block in self._structure.blocks]
        at = names.index(self.selected)
        goals = {
            Qt.Key.Key_Left: max(0, at - 1),
            Qt.Key.Key_Right: min(len(names) - 1, at + 1),
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: len(names) - 1,
        }
        key = Qt.Key(event.key())
        if key in goals:
            self._state.select_block(names[goals[key]])
            self._follow()
        elif key == Qt.Key.Key_Space:
            if self._structure.block(self.selected).has_skip:
                self._state.toggle_skip(self.selected)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.inwards()
        elif key == Qt.Key.Key_Escape:
            self.outwards()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal):
            self.zoom_in()
        elif key == Qt.Key.Key_Minus:
            self.zoom_out()
        else:
            super().keyPressEvent(event)

    def _follow(self) -> None:
        """Keep the selected block in sight."""
        scene = self.current
        if scene is None or self.canvas.zoom < 1.001:
            return
        if not self.canvas.visible().contains(scene.places()[self.selected].center()):
            self.canvas.centerOn(scene.places()[self.selected].center())
            self.canvas.moved.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self._structure:
            self._rebuild()
