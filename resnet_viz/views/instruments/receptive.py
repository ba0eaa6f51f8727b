"""The panel of receptive fields: what a unit of a block sees, in theory and as measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QRect, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.export.script_maps import receptive_script
from resnet_viz.figures import receptive
from resnet_viz.figures.attribution import photo_of
from resnet_viz.figures.figure import Figure
from resnet_viz.images import overlay
from resnet_viz.results.attribution_methods import SMALL, TOGETHER
from resnet_viz.results.receptive import ReceptiveRequest, ReceptiveResult
from resnet_viz.results.result import Result
from resnet_viz.views.instruments.panel import Panel
from resnet_viz.views.plots.low_plot import LowPlot
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.feature import Json
from resnet_viz.views.widgets.picture import Picture
from resnet_viz.views.widgets.plain_text import PlainLabel
from resnet_viz.views.widgets.scale_bar import ScaleBar

_OPACITY = 0.9
_LEAST, _MOST = 200, 720  # pixels of the photo
_PLOT = 170  # pixels of the chart, above its legend


class Place(Picture):
    """A picture of which a place can be clicked; ``picked`` carries it as shares, x and y."""

    picked = Signal(float, float)

    def __init__(self) -> None:
        super().__init__()
        self.place: tuple[float, float] | None = None
        self.setCursor(Qt.CursorShape.CrossCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        rect, at = self.image_rect(), event.position()
        if event.button() is Qt.MouseButton.LeftButton and rect.contains(at.toPoint()):
            across = (at.x() - rect.x()) / rect.width()
            down = (at.y() - rect.y()) / rect.height()
            self.picked.emit(min(1.0, max(0.0, across)), min(1.0, max(0.0, down)))

    def paint_over(self, painter: QPainter, rect: QRect) -> None:
        if self.place is None:
            return
        x = rect.x() + self.place[0] * rect.width()
        y = rect.y() + self.place[1] * rect.height()
        for colour, width in (("#000000", 4), ("#ffffff", 2)):
            painter.setPen(QPen(QColor(colour), width))
            painter.drawLine(round(x) - 6, round(y), round(x) + 6, round(y))
            painter.drawLine(round(x), round(y) - 6, round(x), round(y) + 6)


class ReceptivePanel(Panel):
    """Both fields over the photo with skips on and off; a chart of all blocks."""

    NAME = "receptive"
    SHOWS = (
        "What one unit of the selected block can see of the picture through its convolutions, its "
        "theoretical receptive field, and what of that its gradient says it really looks at, its "
        "effective receptive field, with all skips on and all off. Click the photo to ask another "
        "place."
    )
    PAPER = "Luo et al. 2016 §3; Veit et al. 2016 on short paths"
    ARXIV = "1701.04128"

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self.result: ReceptiveResult | None = None
        self._place = (0.5, 0.5)
        self._blocks, self._batched = 0, False
        self._table = theme.colour_map("inferno")
        self.pictures = (Place(), Place())
        self.words = (PlainLabel(), PlainLabel())
        self.bar = ScaleBar(self._table)
        self.plot = LowPlot("Side of the receptive field at each block", _PLOT)
        self.options.addStretch(1)
        self.shown = QWidget()
        grid = QGridLayout(self.shown)
        grid.setContentsMargins(0, 0, 0, 0)
        for column, (picture, words) in enumerate(zip(self.pictures, self.words, strict=True)):
            picture.setMinimumSize(_LEAST, _LEAST)
            words.setWordWrap(True)
            words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            grid.addWidget(picture, 0, column)
            grid.addWidget(words, 1, column)
            grid.setColumnStretch(column, 1)
            picture.picked.connect(self.ask)
        grid.addWidget(self.bar, 2, 0, 1, 2)
        grid.addWidget(self.plot, 3, 0, 1, 2)
        grid.setRowStretch(0, 1)
        self.area.addWidget(self.shown, 1)
        self.shown.hide()
        self.bar.set_range(0.0, 1.0, receptive.UNIT)
        self._later = QTimer(self, singleShot=True, interval=60)
        self._later.timeout.connect(self._draw_block)
        self.plot.clicked.connect(self._clicked)
        state.block_changed.connect(lambda _: self._draw())

    def request(self) -> ReceptiveRequest:
        """The fields of every block at the place that was clicked."""
        return ReceptiveRequest(self.state.snapshot, *self._place)

    def passes(self) -> float | None:
        if not self._blocks:
            return None
        return 2 * 8 * 0.6 * self._blocks * (TOGETHER if self._batched else 1)

    def show_result(self, result: Result) -> None:
        """Count the blocks, by which the time is told."""
        self._blocks = len(result.now.blocks)
        self._batched = result.weights.trained and max(result.network_input.shape[:2]) <= SMALL

    def show_update(self, update: object) -> None:
        """Draw the fields that there are so far."""
        assert isinstance(update, ReceptiveResult)
        self.result = update
        self.label(receptive.caption(update), update.on.snapshot)
        self.shown.show()
        self._draw()

    def ask(self, x: float, y: float) -> None:
        """Measure at another place, in shares of the picture."""
        self._place = (x, y)
        self.edited.emit("place")
        self._start()

    def figures(self) -> tuple[Figure, ...]:
        """What is on screen."""
        if self.result is None or not self.result.fields:
            return ()
        return (receptive.receptive(self.result, self._block(), _OPACITY),)

    def choices(self) -> dict[str, Json]:
        return {"place": list(self._place)}

    def restore(self, choices: Mapping[str, Json]) -> None:
        place = choices.get("place")
        if (
            isinstance(place, list)
            and len(place) == 2
            and all(
                isinstance(one, int | float) and not isinstance(one, bool) and 0 <= one <= 1
                for one in place
            )
        ):
            self._place = (float(place[0]), float(place[1]))

    def script(self, result: Result | None) -> str:
        """That of what is on screen."""
        return super().script(None) if self.result is None else receptive_script(self.result)

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        super().retheme()
        self.plot.retheme()
        for words in self.words:
            words.setStyleSheet(f"color: {theme.current().muted}")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._later.start()

    def _block(self) -> str:
        """The selected block, or the last."""
        assert self.result is not None
        known = self.state.block in self.result.blocks
        return self.state.block if known else self.result.blocks[-1]

    def _draw(self) -> None:
        if self.result is not None:
            self.plot.show_chart(receptive.sizes(self.result, self._block()))
            self._draw_block()

    def _draw_block(self) -> None:
        result = self.result
        if result is None:
            return
        block = self._block()
        for off, (picture, words) in enumerate(zip(self.pictures, self.words, strict=True)):
            for widget in (picture, words):
                widget.setVisible(result.two_sides or not off)
            field = result.field(block, bool(off))
            if field is None:
                picture.place = None
                picture.set_words("still to come")
                words.setText("")
                continue
            picture.place = (result.request.x, result.request.y)
            said = f"{receptive.side(result, field)}: {receptive.words(field)}"
            words.setText(said)
            picture.setAccessibleName(said)
            area = picture.area()
            room = round(min(area.width(), area.height()) * self.devicePixelRatioF())
            photo = photo_of(result.on.snapshot, min(_MOST, max(_LEAST, room)))
            pixels = overlay.glow(photo, field.values, 1.0, self._table, _OPACITY)
            picture.set_image(theme.to_qimage(receptive.framed(pixels, field, result.size)))

    def _clicked(self, number: int) -> None:
        if self.result is not None and not self.stale:
            self.state.select_block(self.result.blocks[min(number, len(self.result.blocks) - 1)])
