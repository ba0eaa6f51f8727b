"""The panel of channels: brush a place to ask who sees it, and ask what excites a channel."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from PySide6.QtCore import QPointF, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.export.script import channels_script
from resnet_viz.figures import receptive_channels as figures
from resnet_viz.figures.attribution import photo_of
from resnet_viz.figures.figure import Figure
from resnet_viz.figures.receptive import frame_box
from resnet_viz.images import overlay
from resnet_viz.results.receptive_channels import (
    MOST_PATCHES,
    PatchesRequest,
    PatchesResult,
    Seen,
    share_of,
    who_sees,
)
from resnet_viz.results.result import BlockPass, Result
from resnet_viz.views.instruments.panel import Panel
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.feature import Json
from resnet_viz.views.widgets.film_strip import FilmStrip
from resnet_viz.views.widgets.picture import Picture
from resnet_viz.views.widgets.plain_text import PlainLabel, plain
from resnet_viz.views.widgets.tiles import Tile

GRID = 128
"""The brush's pixels across the picture."""

_LEAST, _MOST = 200, 720  # pixels of the photo
_ACROSS = 6  # patches in a row


class Brush(Picture):
    """A picture to be brushed with the mouse; the right button takes away.

    ``changed`` follows every stroke, when it ends, and ``stroked`` those of the mouse alone.
    """

    changed = Signal()
    stroked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.painted = np.zeros((GRID, GRID), bool)
        self.radius = 8
        self._last: QPointF | None = None
        self.setCursor(Qt.CursorShape.CrossCursor)

    def clear(self) -> None:
        self.paint(np.zeros((GRID, GRID), bool))

    def paint(self, painted: np.ndarray) -> None:
        """Have this brushed, (GRID, GRID) bool, and nothing else."""
        self.painted = painted
        self.update()
        self.changed.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            self._last = event.position()
            self._stroke(event.position(), event.button() is Qt.MouseButton.LeftButton)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._last is not None:
            self._stroke(event.position(), bool(event.buttons() & Qt.MouseButton.LeftButton))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._last is not None:
            self._last = None
            self.changed.emit()
            self.stroked.emit()

    def _stroke(self, to: QPointF, add: bool) -> None:
        """Everything within the radius of the way from the last place."""
        rect = self.image_rect()
        if rect.isEmpty() or self._last is None:
            return
        rows, columns = np.mgrid[0:GRID, 0:GRID] + 0.5
        steps = max(1, round(max(abs(to.x() - self._last.x()), abs(to.y() - self._last.y())) / 3))
        mask = self.painted.copy()
        for step in range(steps + 1):
            at = self._last + (to - self._last) * (step / steps)
            x = GRID * (at.x() - rect.x()) / rect.width()
            y = GRID * (at.y() - rect.y()) / rect.height()
            mask[(columns - x) ** 2 + (rows - y) ** 2 <= self.radius**2] = add
        self.painted, self._last = mask, to
        self.update()

    def paint_over(self, painter: QPainter, rect: QRect) -> None:
        veil = np.zeros((GRID, GRID, 4), np.uint8)
        veil[self.painted] = (255, 255, 255, 90)
        inside = self.painted[:-2, 1:-1] & self.painted[2:, 1:-1]
        inside &= self.painted[1:-1, :-2] & self.painted[1:-1, 2:]
        edge = self.painted.copy()
        edge[1:-1, 1:-1] &= ~inside
        veil[edge] = (255, 255, 255, 255)
        painter.drawImage(rect, theme.to_qimage(veil))


def packed(painted: np.ndarray) -> str:
    """What is brushed, as text for a session: "" for nothing."""
    if not painted.any():
        return ""
    return base64.b64encode(zlib.compress(np.packbits(painted).tobytes(), 9)).decode("ascii")


def unpacked(text: str) -> np.ndarray:
    """What `packed` made a text of; nothing of a text that it cannot have made."""
    size = GRID * GRID // 8
    try:
        data = zlib.decompressobj().decompress(base64.b64decode(text, validate=True), size)
    except (ValueError, zlib.error):
        data = b""
    if len(data) != size:
        return np.zeros((GRID, GRID), bool)
    return np.unpackbits(np.frombuffer(data, np.uint8)).reshape(GRID, GRID).astype(bool)


class ChannelsPanel(Panel):
    """A brush on the photo ranks the channels of the selected block; a channel's patches."""

    NAME = "channels"
    SHOWS = (
        "Which channels of the selected block see a place: brush it on the photo, and the channels "
        "are ranked by their activation there. Choose one and measure what excites it most among "
        "the photos of the strip, or among the samples."
    )
    PAPER = "Zeiler, Fergus 2013 §4 on patches that excite a channel"
    ARXIV = "1311.2901"

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self.result: PatchesResult | None = None
        self._pass: Result | None = None
        self._seen: list[Seen] = []
        self.number = -1
        table = theme.colour_map("viridis")
        self._table = table
        self.contrast = QCheckBox("Rank by how much more than elsewhere")
        self.thickness = QSlider(Qt.Orientation.Horizontal)
        self.thickness.setRange(2, 32)
        self.thickness.setValue(8)
        self.thickness.setMaximumWidth(160)
        self.thickness.setAccessibleName("Size of the brush")
        self.thickness.setToolTip("Size of the brush")
        self.wipe = QPushButton("Clear")
        self.wipe.setToolTip("Take away what is brushed")
        for widget in (PlainLabel("Brush"), self.thickness, self.wipe, self.contrast):
            self.options.addWidget(widget)
        self.options.addStretch(1)
        self.measure.setText("Find patches")

        self.brush = Brush()
        self.brush.setMinimumSize(_LEAST, _LEAST)
        self.brush.setAccessibleName("The photo, to be brushed")
        self.large = Picture()
        self.large.setMinimumSize(_LEAST, _LEAST)
        self.said = PlainLabel()
        self.said.setWordWrap(True)
        self.strip = FilmStrip(table, self, 1, 56)
        self.strip.setAccessibleName("The channels that see the brushed place")
        self.patch_title = PlainLabel()
        self.patch_title.setStyleSheet("font-weight: 600")
        self.patches = [Picture() for _ in range(MOST_PATCHES)]
        pair = QHBoxLayout()
        pair.addWidget(self.brush, 1)
        pair.addWidget(self.large, 1)
        grid = QGridLayout()
        for number, picture in enumerate(self.patches):
            picture.setMinimumSize(96, 110)
            picture.setMaximumHeight(190)
            grid.addWidget(picture, number // _ACROSS, number % _ACROSS)
            picture.hide()
        holder = QWidget()
        rows = QVBoxLayout(holder)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addLayout(pair, 1)
        rows.addWidget(self.said)
        rows.addWidget(self.strip)
        rows.addWidget(self.patch_title)
        rows.addLayout(grid)
        self.area.addWidget(holder, 1)
        self.strip.fit_height()

        self._later = QTimer(self, singleShot=True, interval=60)
        self._later.timeout.connect(self._draw_photos)
        self.thickness.valueChanged.connect(self._resize_brush)
        self.wipe.clicked.connect(self.brush.clear)
        self.contrast.toggled.connect(lambda _: self._rank())
        self.brush.changed.connect(self._rank)
        self.brush.stroked.connect(lambda: self.edited.emit("what is brushed"))
        self.strip.moved.connect(self._chosen)
        state.block_changed.connect(lambda _: self._block_changed())
        self._rank()

    def request(self) -> PatchesRequest:
        """The patches of the chosen channel."""
        block = self._block()
        if block is None or self.number < 0:
            raise ValueError("Brush a place on the photo and choose a channel first")
        return PatchesRequest(self.state.snapshot, block.name, self.number, self.photos())

    def passes(self) -> float | None:
        return 0.5 * (1 + (len(self.photos()) or 11))

    def _begin_if_short(self) -> None:
        """A channel is to be chosen first."""

    @property
    def stale(self) -> bool:
        """True too where another block or channel is chosen."""
        if self.result is None or super().stale:
            return super().stale
        asked, block = self.result.request, self._block()
        return block is None or (asked.block, asked.channel) != (block.name, self.number)

    def show_result(self, result: Result) -> None:
        """Rank the channels of the newest pass."""
        moved = self._pass is None or (
            self._pass.snapshot.photo is not result.snapshot.photo or self._pass.crop != result.crop
        )
        self._pass = result
        if moved:
            self._draw_photos()
        self._rank()

    def show_update(self, update: object) -> None:
        """Draw the patches that there are so far."""
        assert isinstance(update, PatchesResult)
        self.result = update
        self.label(figures.caption(update), update.on.snapshot)
        asked = update.request
        self.patch_title.setText(f"What excites channel {asked.channel} of {asked.block} most")
        top = max(0.0, *(one.value for one in update.patches))
        for number, picture in enumerate(self.patches):
            there = number < len(update.patches)
            picture.setVisible(there)
            if there:
                one = update.patches[number]
                pixels = overlay.glow(one.pixels, one.values, top, self._table, 0.6)
                picture.set_title(one.name, f" {figures.title(one).rpartition(': ')[2]}")
                picture.set_image(theme.to_qimage(pixels))
                picture.setToolTip(plain(f"{figures.title(one)}\n{one.path}".strip()))
        self._draw_channel()

    def figures(self) -> tuple[Figure, ...]:
        """The channels that see the place, then the patches."""
        found: list[Figure] = []
        block = self._block()
        if self._seen and self._pass is not None and block is not None:
            ranked = (self._seen, self.brush.painted, self.contrast.isChecked())
            found.append(figures.channels(self._pass, block.name, *ranked))
        if self.result is not None and self.result.patches:
            found.append(figures.patches(self.result))
        return tuple(found)

    def script(self, result: Result | None) -> str:
        """That of the ranking on screen."""
        block = self._block()
        if self._pass is None or block is None or not self._seen:
            return super().script(None)
        shares = share_of(self.brush.painted, *block.activation.shape[1:])
        return channels_script(self._pass, block.name, shares, self.contrast.isChecked())

    def choices(self) -> dict[str, Json]:
        return {
            "thickness": self.thickness.value(),
            "contrast": self.contrast.isChecked(),
            "brushed": packed(self.brush.painted),
        }

    def restore(self, choices: Mapping[str, Json]) -> None:
        if type(choices.get("thickness")) is int:
            self.thickness.setValue(choices["thickness"])
        if isinstance(choices.get("brushed"), str):
            self.brush.paint(unpacked(choices["brushed"]))
        if isinstance(choices.get("contrast"), bool):
            self.contrast.setChecked(choices["contrast"])

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        super().retheme()
        self.said.setStyleSheet(f"color: {theme.current().muted}")
        self.strip.fit_height()
        self.strip.relayout()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._later.start()

    @property
    def ranked(self) -> list[Seen]:
        """All channels, the one that sees most of the place first; none while none is brushed."""
        return self._seen

    # ---- ranking

    def _block(self) -> BlockPass | None:
        """The selected block of the newest pass, or its last."""
        if self._pass is None:
            return None
        blocks = self._pass.now.blocks
        return next((one for one in blocks if one.name == self.state.block), blocks[-1])

    def _resize_brush(self, radius: int) -> None:
        self.brush.radius = radius

    def _block_changed(self) -> None:
        self._rank()
        self._mark()

    def _rank(self) -> None:
        block = self._block()
        self._seen = []
        if block is None or not self.brush.painted.any():
            self.strip.hide()
            self.said.setText("Brush a place on the photo; the right button takes away.")
            self.number = -1
            self._draw_channel()
            return
        self._seen = who_sees(block.activation, self.brush.painted, self.contrast.isChecked())
        shown = self._seen[: figures.SHOWN]
        self.strip.show()
        self.strip.show_tiles([self._tile(block, one) for one in shown])
        kept = [one.channel for one in shown]
        place = kept.index(self.number) if self.number in kept else 0
        self.strip.set_current(place)
        self._chosen(place)

    def _tile(self, block: BlockPass, one: Seen) -> Tile:
        values = block.activation[one.channel]
        high = overlay.finite_range(values)[1]
        said = f"channel {one.channel}\n{figures.words(one)}"
        return Tile(f"{one.channel}", partial(str, said), values, 0.0, high)

    def _chosen(self, place: int) -> None:
        self.number = self._seen[place].channel
        self._draw_channel()
        self._mark()

    # ---- drawing

    def _side(self, picture: Picture) -> int:
        area = picture.area()
        room = round(min(area.width(), area.height()) * self.devicePixelRatioF())
        return min(_MOST, max(_LEAST, room))

    def _draw_photos(self) -> None:
        if self._pass is not None:
            photo = photo_of(self._pass.snapshot, self._side(self.brush))
            self.brush.set_image(theme.to_qimage(photo))
        self._draw_channel()

    def _draw_channel(self) -> None:
        """The chosen channel's map over the photo, with the frame of its patch if that is known."""
        block = self._block()
        if self._pass is None or block is None or self.number < 0:
            self.large.set_words("The channel that sees most of it appears here.")
            return
        one = next(seen for seen in self._seen if seen.channel == self.number)
        said = f"Channel {self.number} of {block.name}: {figures.words(one)} (mean activation)."
        photo = photo_of(self._pass.snapshot, self._side(self.large))
        values = block.activation[self.number]
        pixels = overlay.glow(photo, values, overlay.finite_range(values)[1], self._table, 0.8)
        result = self.result
        if result is not None and result.own is not None and not self.stale:
            pixels = frame_box(pixels, result.own.whole, result.size)
            said += f" {figures.frame_words(result.own, result.size)}"
        self.said.setText(said)
        self.large.set_image(theme.to_qimage(pixels))
        self.large.setAccessibleName(said)
