"""DiagramView: the block diagram in a view that zooms, pans and answers clicks and keys."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontInfo,
    QFontMetricsF,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QGraphicsView,
    QHBoxLayout,
    QLabel,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.analysis.result import Result
from resnet_viz.engine.state import ExplorerState
from resnet_viz.networks.structure import Structure
from resnet_viz.views import theme
from resnet_viz.views.diagram.block_item import BlockItem
from resnet_viz.views.diagram.geometry import Text
from resnet_viz.views.diagram.items import StageTitleItem
from resnet_viz.views.diagram.legend import Legend
from resnet_viz.views.diagram.scene import HEAT_MAP, DiagramScene
from resnet_viz.views.diagram.skip_item import SkipItem

MOST_ZOOM = 12.0


class DiagramCanvas(QGraphicsView):
    """A graphics view that pans when dragged, zooms about the cursor and reports clicks.

    A zoom of 1 is the fitted layout; it cannot be zoomed out further.
    """

    clicked = Signal(object)
    emptied = Signal()
    resized = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setMouseTracking(True)
        self.base_zoom = 1.0
        self._pressed: QPoint | None = None
        self._last = QPoint()
        self._panning = False

    @property
    def zoom(self) -> float:
        """The zoom, of which 1 shows the whole diagram."""
        return self.transform().m11() / self.base_zoom

    def fit_scene(self) -> None:
        """Show the whole scene."""
        rect = self.sceneRect()
        if rect.isEmpty():
            return
        view = self.viewport().rect()
        self.base_zoom = min(1.0, view.width() / rect.width(), view.height() / rect.height())
        self.resetTransform()
        self.scale(self.base_zoom, self.base_zoom)
        self.centerOn(rect.center())

    def zoom_by(self, factor: float, about: QPointF | None = None) -> None:
        """Zoom about a point of the viewport, by default its middle."""
        about = about or QPointF(self.viewport().rect().center())
        factor = min(max(self.zoom * factor, 1.0), MOST_ZOOM) / self.zoom
        before = self.viewportTransform().inverted()[0].map(about)
        self.scale(factor, factor)
        after = self.viewportTransform().map(before)
        self._scroll(round(after.x() - about.x()), round(after.y() - about.y()))

    def _scroll(self, dx: int, dy: int) -> None:
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(across.value() + dx)
        down.setValue(down.value() + dy)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.zoom_by(1.0015 ** event.angleDelta().y(), event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = self._last = event.position().toPoint()
            self._panning = False
        event.ignore()  # The parent takes the focus.

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        if self._pressed is None:
            super().mouseMoveEvent(event)
            return
        far = (at - self._pressed).manhattanLength() >= QApplication.startDragDistance()
        if self._panning or far:
            self._panning = True
            self._scroll(self._last.x() - at.x(), self._last.y() - at.y())
            self._last = at

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._pressed is not None:
            if not self._panning:
                self.clicked.emit(self.itemAt(self._pressed))
            self._pressed = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        # The second click of two quick ones on an arc is a click of its own.
        self.mousePressEvent(event)
        kinds = (BlockItem, SkipItem, StageTitleItem)
        if not isinstance(self.itemAt(event.position().toPoint()), kinds):
            self._pressed = None
            self.emptied.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()


class DiagramView(QWidget):
    """The network from input to output; blocks and skips can be clicked."""

    def __init__(self, state: ExplorerState, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._structure: Structure | None = None
        self._result: Result | None = None
        self.scene: DiagramScene | None = None
        self.canvas = DiagramCanvas(self)
        self.legend = Legend(HEAT_MAP)
        self.placeholder = QLabel("Loading the network…")
        self.placeholder.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Block diagram")
        self.setAccessibleDescription(
            "Left and Right select a block, Space switches its skip, Home and End go to the ends."
        )
        self._arrange()
        self.canvas.clicked.connect(self._click)
        self.canvas.emptied.connect(self.fit)
        self.canvas.resized.connect(self._resized)
        state.gates_changed.connect(self._show_gates)
        state.block_changed.connect(self._show_selection)
        self.retheme()

    def _arrange(self) -> None:
        drawing = QWidget()
        bottom = QHBoxLayout()
        bottom.setContentsMargins(0, 0, 6, 2)
        bottom.setSpacing(2)
        bottom.addWidget(self.legend, 1)
        self.buttons = [
            self._button("−", "Zoom out", self.zoom_out),
            self._button("+", "Zoom in", self.zoom_in),
            self._button("Fit", "Show the whole network", self.fit),
        ]
        for button in self.buttons:
            bottom.addWidget(button)
        inside = QVBoxLayout(drawing)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        inside.addWidget(self.canvas, 1)
        inside.addLayout(bottom)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.placeholder)
        self._pages.addWidget(drawing)

    def _button(self, text: str, tip: str, deed: Callable[[], None]) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(lambda: deed())
        return button

    def show_structure(self, structure: Structure) -> None:
        """Draw a network, without measurements yet."""
        self._structure, self._result = structure, None
        self.setAccessibleName(f"Block diagram of {structure.title}")
        self.legend.has_skips = bool(structure.skips)
        self._pages.setCurrentIndex(1)
        self.fit()

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
        if self._structure:
            self.fit()

    def fit(self) -> None:
        """Lay the network out for the view as it is now, and show all of it."""
        if self._structure is None:
            return
        size = self.canvas.viewport().size()
        self.scene = DiagramScene(self._structure, size.width(), size.height(), self._text())
        self.canvas.setScene(self.scene)
        self.canvas.setSceneRect(self.scene.sceneRect())
        self.canvas.fit_scene()
        self._recolour()
        self._show_selection()

    def zoom_in(self) -> None:
        self.canvas.zoom_by(1.4)

    def zoom_out(self) -> None:
        self.canvas.zoom_by(1 / 1.4)

    def _text(self) -> Text:
        """The widths of the application's font and the sizes of the theme."""
        font = QFont(self.font())
        pixels = float(QFontInfo(font).pixelSize())
        font.setWeight(QFont.Weight.DemiBold)
        font.setPixelSize(100)
        metrics = QFontMetricsF(font)
        return Text(
            lambda words: max(1, metrics.horizontalAdvance(words)) / 100, pixels, 0.64 * pixels
        )

    def _resized(self) -> None:
        if self.canvas.zoom < 1.001:
            self.fit()

    def _recolour(self) -> None:
        self._show_gates()
        if self.scene:
            gates = self._state.snapshot.gates
            late = self._result is not None and self._result.snapshot.gates != gates
            self.legend.set_scale(self.scene.show_result(self._result, late))

    def _show_gates(self) -> None:
        if self.scene is None:
            return
        gates = self._state.snapshot.gates
        self.scene.show_gates(gates)
        self.scene.show_tooltips(gates, self._result)
        late = self._result is not None and self._result.snapshot.gates != gates
        for item in self.scene.blocks.values():
            item.faded = late

    @property
    def selected(self) -> str:
        """The name of the block that is outlined."""
        assert self._structure is not None
        names = [block.name for block in self._structure.blocks]
        return self._state.block if self._state.block in names else names[-1]

    def _show_selection(self) -> None:
        if self.scene:
            self.scene.show_selection(self.selected)

    def _click(self, item: object) -> None:
        if isinstance(item, BlockItem):
            self._state.select_block(item.box.name)
        elif isinstance(item, SkipItem):
            self._state.toggle_skip(item.name)
        elif isinstance(item, StageTitleItem) and self.scene:
            names = self.scene.stage_skips(item.part.number)
            if names:
                gates = self._state.snapshot.gates
                self._state.set_skips(names, not any(gates.skip(name) for name in names))

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
        elif key == Qt.Key.Key_Space:
            if self._structure.block(self.selected).has_skip:
                self._state.toggle_skip(self.selected)
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and self._structure:
            self.fit()
