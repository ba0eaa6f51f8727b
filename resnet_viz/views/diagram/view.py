"""DiagramView: the network at three levels, which zooms, pans and answers clicks and keys."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontInfo,
    QFontMetricsF,
    QKeyEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.engine.state import ExplorerState
from resnet_viz.export.diagram import Diagram
from resnet_viz.figures.layout.geometry import Text
from resnet_viz.figures.layout.parts import HEAD
from resnet_viz.networks.structure import Structure
from resnet_viz.results.result import Result
from resnet_viz.views.diagram.canvas import DiagramCanvas
from resnet_viz.views.diagram.controls import DiagramControls
from resnet_viz.views.diagram.explain import Explanation
from resnet_viz.views.diagram.fills import FILLS, Fill, fill_of
from resnet_viz.views.diagram.flow import FlowAnimation
from resnet_viz.views.diagram.items.item import DiagramItem, LevelName
from resnet_viz.views.diagram.keys import Keys
from resnet_viz.views.diagram.legend import Legend
from resnet_viz.views.diagram.levels import Levels
from resnet_viz.views.diagram.minimap import Minimap
from resnet_viz.views.diagram.scenes.level import LEVELS, Level
from resnet_viz.views.diagram.search import SearchField
from resnet_viz.views.widgets import theme, zoom
from resnet_viz.views.widgets.plain_text import PlainLabel


class DiagramView(QWidget):
    """The network from input to output; blocks and skips can be clicked.

    ``level`` is what the picture consists of: stages, blocks or layers. Zooming and double clicks
    lead from one to the next. ``convolution_asked`` carries the name of a layer that was
    double-clicked.
    """

    convolution_asked = Signal(str)

    def __init__(self, state: ExplorerState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._structure: Structure | None = None
        self._result: Result | None = None
        self._fill: Fill | None = None
        self._layer, self._in_head, self._chosen = "", False, ""
        self._ring = False
        self.canvas = DiagramCanvas(self)
        self.canvas.deeds = self
        self.levels = Levels(self.canvas, self._text)
        self._keys = Keys(self)
        self.minimap = Minimap(self.canvas)
        self.flow = FlowAnimation(self.canvas)
        self.explanation: Explanation | None = None
        self.search = SearchField(self.canvas.viewport())
        self.controls = DiagramControls()
        self.legend = Legend()
        self.fills = QComboBox()
        self.placeholder = PlainLabel("Loading the network…")
        self.placeholder.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Block diagram")
        self.setAccessibleDescription(
            "The arrow keys select a block, or a layer at the level of layers; Home and End go to "
            "the ends. Space switches the block's skip, E explains its sum, O opens or folds equal "
            "blocks. Enter and Escape go to the next finer and coarser level; Enter on a "
            "convolution shows how it computes."
        )
        self._arrange()
        self.canvas.clicked.connect(self._click)
        self.canvas.double_clicked.connect(self._double_click)
        self.flow.playing_changed.connect(
            lambda playing: self.play_button.setText("■" if playing else "▶")
        )
        self.levels.built.connect(self._built)
        self.controls.level_chosen.connect(lambda name: self.set_level(name))
        self.controls.crumb_chosen.connect(self._go_to_crumb)
        self.search.found.connect(self.reveal)
        self.search.closed.connect(lambda: self.setFocus(Qt.FocusReason.ShortcutFocusReason))
        self.fills.currentIndexChanged.connect(lambda _: self._recolour())
        state.gates_changed.connect(self._show_gates)
        state.block_changed.connect(self._block_changed)
        self.retheme()

    def _arrange(self) -> None:
        drawing = QWidget()
        self.play_button = self.controls.add(
            "▶", "Run data forwards and the gradient backwards (P)", self.play
        )
        self.find_button = self.controls.add("Find", "Find a layer (Ctrl+F)", self.open_search)
        self.turn_button = self.controls.add(
            "⇅", "Lay out from top to bottom, or from left to right", self.turn
        )
        self.buttons = [
            self.controls.add("−", "Zoom out", self.zoom_out),
            self.controls.add("+", "Zoom in", self.zoom_in),
            self.controls.add("Fit", "Show the whole network (F)", self.fit),
            self.controls.add(zoom.SIGN, "Enlarge the block diagram", lambda: zoom.toggle(self)),
        ]
        for key, measure in FILLS.items():
            self.fills.addItem(measure.title, key)
        self.fills.setAccessibleName("What the blocks are coloured by")
        self.fills.setToolTip("What the blocks are coloured by")
        self.fills.setFocusPolicy(Qt.FocusPolicy.TabFocus)
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
        # By Tab from the row above the drawing to the drawing itself, then to the row below.
        order = [*self.controls.tab_order(), self, self.fills]
        for one, two in pairwise(order):
            QWidget.setTabOrder(one, two)

    def bare(self) -> None:
        """The drawing and its scale alone, without the rows of controls."""
        self.controls.hide()
        self.fills.hide()

    # ---- what is shown

    def show_structure(self, structure: Structure) -> None:
        """Draw a network, without measurements yet."""
        self._structure, self._result = structure, None
        self.setAccessibleName(f"Block diagram of {structure.title}")
        self.legend.has_skips = bool(structure.skips)
        self.search.set_structure(structure)
        self._pages.setCurrentIndex(1)
        self.levels.selected = self.selected
        self.levels.set_structure(structure)

    def show_result(self, result: Result) -> None:
        """Colour the blocks by what was measured; zoom and pan stay as they are."""
        if self._structure != result.structure:
            self.show_structure(result.structure)
        self.flow.stop()
        self._result = result
        self._recolour()

    def retheme(self) -> None:
        """Take over the current theme's colours and text size."""
        look = theme.current()
        palette = self.palette()
        palette.setColor(self.backgroundRole(), QColor(look.panel))
        self.setPalette(palette)
        self.canvas.setBackgroundBrush(QColor(look.panel))
        self.placeholder.setStyleSheet(f"color: {look.muted}; font-size: {look.point_size + 3}pt;")
        self.legend.updateGeometry()
        self.controls.retheme()
        self.levels.rebuild()

    def paintEvent(self, event: QPaintEvent) -> None:
        """The background, around the canvas; as to why Qt does not fill it, see `scrolling`."""
        QPainter(self).fillRect(event.rect(), QColor(theme.current().panel))

    # ---- levels

    @property
    def level(self) -> LevelName:
        return self.levels.level

    @property
    def scene(self) -> Level | None:
        """The level that is shown, once there is a network."""
        return self.levels.current

    def set_level(self, level: LevelName, focus: str = "") -> None:
        """Go to a level, to the block called ``focus`` (by default the selected one)."""
        self.levels.set_level(level, focus)

    def _built(self) -> None:
        """There is a new scene: colour it."""
        self.flow.stop()
        self.controls.show_level(self.level)
        self.turn_button.setText("⇄" if self.levels.vertical else "⇅")
        self._recolour()
        self._show_selection()

    def fit(self) -> None:
        """Lay the level out for the view as it is now, and show all of it."""
        self.levels.build()

    def zoom_in(self) -> None:
        self.levels.zoom(1.4)

    def exported(self) -> Diagram | None:
        """The whole diagram as it is on screen, for a file; None before there is a network."""
        if self._structure is None:
            return None
        fill, size, result = self._fill, self.canvas.viewport().size(), self._result
        caption = (
            "" if fill is None or not fill.values else f"Below each block: {fill.measure.title}"
        )
        return Diagram(
            self._structure,
            self._state.snapshot.gates,
            self.levels.level,
            (max(480.0, size.width()), max(200.0, size.height())),
            self.levels.vertical,
            self.levels.opened,
            caption,
            None if result is None else result.network_input,
            {} if fill is None else fill.values,
            None if fill is None else fill.scale,
        )

    def zoom_out(self) -> None:
        self.levels.zoom(1 / 1.4)

    def turn(self) -> None:
        """Change between left to right and top to bottom."""
        if self._structure is not None:
            self.levels.turn()

    def _text(self, sideways: bool) -> Text:
        """The widths of the application's font and the sizes of the theme."""
        font = QFont(self.font())
        pixels = float(QFontInfo(font).pixelSize())
        font.setWeight(QFont.Weight.DemiBold)
        font.setPixelSize(100)
        metrics = QFontMetricsF(font)
        return Text(
            cache(lambda words: max(1, metrics.horizontalAdvance(words)) / 100),
            pixels,
            0.64 * pixels,
            sideways,
        )

    # ---- colours and gates

    @property
    def _late(self) -> bool:
        """True if the result on screen is not that of the gates as they are now."""
        gates = self._state.snapshot.gates
        return self._result is not None and self._result.snapshot.gates != gates

    def _recolour(self) -> None:
        self._show_gates()
        scene = self.levels.current
        if scene is None or self._structure is None:
            return
        measure = FILLS[self.fills.currentData() or "gradient"]
        self._fill = fill_of(measure, self._structure, self._result)
        self._show_fill()
        self.legend.set_scale(self._fill.scale, measure.tip)
        scene.show_picture(self._result.network_input if self._result else None)
        self.minimap.forget()

    def _show_fill(self) -> None:
        if self.levels.current is not None and self._fill is not None:
            faded = self._late and self._fill.measure.measured is not None
            self.levels.current.show_fill(self._fill, faded)

    def _show_gates(self) -> None:
        scene = self.levels.current
        if scene is None:
            return
        gates = self._state.snapshot.gates
        scene.show_facts(gates, self._result, self._late)
        scene.show_gates(gates)
        self._show_fill()
        self.minimap.forget()

    @property
    def selected(self) -> str:
        """The name of the block that is outlined."""
        assert self._structure is not None
        names = [block.name for block in self._structure.blocks]
        return self._state.block if self._state.block in names else names[-1]

    @property
    def place(self) -> tuple[str, str]:
        """Where the keys are: the selected block or the head, and its selected layer or ""."""
        in_head = self._in_head and self.level == "layers"
        return HEAD if in_head else self.selected, self._layer

    def _block_changed(self) -> None:
        if self._state.block != self._chosen:
            self._layer, self._in_head = "", False
        self._show_selection()

    def _show_selection(self) -> None:
        scene = self.levels.current
        if scene is not None and self._structure is not None:
            self.levels.selected = self.selected
            scene.show_selection(self.selected, self._layer)
            self._show_focus()
            self.minimap.forget()
            number = self._structure.stage_of(self.selected)
            way = [(self._structure.title, "network")]
            way += [(f"Stage {number}", "blocks")] if number else []
            self.controls.show_way([*way, (self.selected, "layers")])

    # ---- what clicks and keys lead to

    def _click(self, item: DiagramItem | None, at: QPointF) -> None:
        if item is not None:
            item.clicked(at, self)

    def _double_click(self, item: DiagramItem | None, at: QPointF) -> None:
        """Into what was clicked; on empty ground, out again."""
        if item is not None and item.double_clicked(at, self):
            return
        if self.canvas.zoom > 1.001 and self.level != "layers":
            self.fit()
        else:
            self.levels.outwards()

    def select(self, block: str, layer: str = "") -> None:
        self._layer, self._in_head = layer, block == HEAD
        if block != HEAD and block != self._state.block:
            self._chosen = block
            self._state.select_block(block)
        else:
            self._show_selection()

    def switch(self, names: Sequence[str]) -> None:
        gates = self._state.snapshot.gates
        self._state.set_skips(names, not any(gates.skip(name) for name in names))

    def fold(self, key: str) -> None:
        self.levels.fold(key)

    def enter(self, level: LevelName, block: str) -> None:
        self.set_level(level, block)

    def frame(self, block: str) -> None:
        self.levels.frame(block)

    def open_convolution(self, layer: str) -> None:
        self.convolution_asked.emit(layer)

    def explain(self, block: str, at: QPoint) -> None:
        if self._structure is None:
            return
        met = None
        if self._result is not None and not self._late:
            met = self._result.now.block(block).paths
        self.explanation = Explanation(self._structure.block(block), met, self)
        self.explanation.open_at(at)

    def _go_to_crumb(self, level: str) -> None:
        for name in LEVELS:
            if name == level:
                if name == self.level:
                    self.levels.frame(self.selected)
                self.set_level(name, self.selected)

    def open_search(self) -> None:
        """Open the field that finds a layer by its name."""
        if self._structure is not None and self.isVisible():
            self.search.open(self.canvas.viewport().width())

    def reveal(self, name: str) -> None:
        """Select the block or the layer called ``name``, and zoom to it."""
        if self._structure is None:
            return
        blocks = self._structure.blocks
        if name in (block.name for block in blocks):
            self.select(name)
            if self.level == "network":
                self.set_level("blocks", name)
            else:
                self.levels.frame(name)
            return
        layers = {x.name: b.name for b in blocks for x in (*b.layers, *b.shortcut_layers)}
        block = layers.get(name, HEAD)
        self.set_level("layers", block)
        self.select(block, name)
        self.levels.frame(block)
        assert self.scene is not None
        self.canvas.ensureVisible(self.scene.focus_place(self.selected, name), 40, 20)
        self.canvas.moved.emit()

    def play(self) -> None:
        """Run data forwards and the gradient backwards, or stop that."""
        if self.flow.playing:
            self.flow.stop()
        elif self._result and self.levels.current is not None and self.isVisible():
            self.levels.morph.stop()
            self.flow.play(self.levels.current.paths(), self._result.now)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._structure is None:
            super().keyPressEvent(event)
            return
        if not self._keys.press(Qt.Key(event.key())):
            super().keyPressEvent(event)
            return
        self._ring = True
        self._show_focus()

    def toggle_skip(self) -> None:
        """Switch the skip of the selected block, if it has one."""
        if self._structure and self._structure.block(self.selected).has_skip:
            self._state.toggle_skip(self.selected)

    def explain_selected(self) -> None:
        """Say what the ⊕ of the selected block does, beside it."""
        if self._structure is None or not self._structure.block(self.selected).has_skip:
            return
        at = self.levels.on_screen(self.selected).center().toPoint()
        viewport = self.canvas.viewport()
        area = viewport.rect()
        at = QPoint(min(max(at.x(), 0), area.right()), min(max(at.y(), 0), area.bottom()))
        self.explain(self.selected, viewport.mapToGlobal(at))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        keys = (
            Qt.FocusReason.TabFocusReason,
            Qt.FocusReason.BacktabFocusReason,
            Qt.FocusReason.ShortcutFocusReason,
        )
        if event.reason() == Qt.FocusReason.MouseFocusReason or event.reason() in keys:
            self._ring = event.reason() in keys
        self._show_focus()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._show_focus()

    def _show_focus(self) -> None:
        if self.scene is not None and self._structure is not None:
            self.scene.show_focus(*self.place, self.hasFocus() and self._ring)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self._structure:
            self.levels.rebuild()
