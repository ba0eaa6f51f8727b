"""The panel across depth: one method's maps at every block, as a film strip and as a film."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.engine.channel import Channel
from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.export.animation import SUFFIXES, Animated, FilmRequest, has_film
from resnet_viz.export.script_maps import depth_script
from resnet_viz.figures import depth
from resnet_viz.figures.attribution import photo_of
from resnet_viz.figures.figure import Figure
from resnet_viz.figures.numbers import number_text
from resnet_viz.images import overlay
from resnet_viz.results.attribution_methods import METHODS
from resnet_viz.results.depth import OF_BLOCKS, BlockMap, DepthRequest, DepthResult
from resnet_viz.results.result import Result
from resnet_viz.views.instruments.panel import Panel
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.feature import Json, choose
from resnet_viz.views.widgets.film_strip import FilmStrip
from resnet_viz.views.widgets.picture import Picture
from resnet_viz.views.widgets.plain_text import PlainLabel
from resnet_viz.views.widgets.progress_row import ProgressRow
from resnet_viz.views.widgets.scale_bar import ScaleBar
from resnet_viz.views.widgets.tiles import Tile

_OPACITY = 0.8
_EACH = 350  # milliseconds of a block while it plays
_LEAST, _MOST = 150, 720  # pixels of the photo


class DepthPanel(Panel):
    """Large maps of one block above a strip of all; Play goes from input to output."""

    NAME = "depth"
    SHOWS = (
        "Where the evidence for the class lies at every block from input to output, by Grad-CAM or "
        "one of its kin, with all skips on above all off: from edges in fine maps to a few coarse "
        "places."
    )
    PAPER = "Selvaraju et al. 2017 §3; each method's own paper is in its tip"
    ARXIV = "1610.02391"

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self.result: DepthResult | None = None
        self._channels: list[int] = []
        self._place = -1
        table = theme.colour_map("inferno")
        self._table = table
        self.method = QComboBox()
        for name in OF_BLOCKS:
            one = METHODS[name]
            self.method.addItem(one.title, name)
            tip = f"{one.sentence}\n{one.paper}. Costs {one.cost} at each block."
            self.method.setItemData(self.method.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.method.setAccessibleName("Method")
        self.one_scale = QCheckBox("One scale for all blocks")
        self.one_scale.toggled.connect(lambda _: self._draw())
        self.play = QPushButton("Play")
        self.play.setToolTip("Go from input to output")
        self.play.setCheckable(True)
        self.save = QPushButton("Animation…")
        self.save.setToolTip("Write the blocks from input to output as a GIF or a film")
        self.options.addWidget(self.method)
        self.options.addWidget(self.one_scale)
        self.options.addStretch(1)
        self.options.addWidget(self.play)
        self.options.addWidget(self.save)

        self.block = PlainLabel()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Block, from input to output")
        self.pictures = (Picture(), Picture())
        self.bar = ScaleBar(table)
        self.strip = FilmStrip(table, self, 2, 44)
        self.strip.setAccessibleName("Maps of every block, from input to output")
        where = QHBoxLayout()
        where.addWidget(self.block)
        where.addWidget(self.slider, 1)
        pair = QHBoxLayout()
        for picture in self.pictures:
            picture.setMinimumSize(_LEAST, _LEAST)
            pair.addWidget(picture, 1)
        self.films = Channel(worker, "depth film", self)
        self.writing = ProgressRow(self.films)
        self.shown = QWidget()
        rows = _column(self.shown)
        rows.addLayout(where)
        rows.addLayout(pair, 1)
        rows.addWidget(self.bar)
        rows.addWidget(self.strip)
        rows.addWidget(self.writing)
        self.area.addWidget(self.shown, 1)
        self.shown.hide()
        self.strip.fit_height()

        self._timer = QTimer(self, interval=_EACH)
        self._timer.timeout.connect(self._next)
        self._later = QTimer(self, singleShot=True, interval=60)
        self._later.timeout.connect(self._draw_block)
        self.play.toggled.connect(self._play)
        self.save.clicked.connect(self._ask)
        self.slider.valueChanged.connect(self.show_place)
        self.strip.moved.connect(self._moved)
        self.films.updated.connect(self._written)
        self.films.failed.connect(say)
        state.block_changed.connect(self._selected)
        self._enable()

    def request(self) -> DepthRequest:
        """The chosen method at every block."""
        return DepthRequest(self.state.snapshot, str(self.method.currentData()))

    def passes(self) -> float | None:
        if not self._channels:
            return None
        method = METHODS[str(self.method.currentData())]
        return 2 + 2 * sum(0.8 * method.worth(channels) for channels in self._channels)

    def show_result(self, result: Result) -> None:
        """Count blocks and channels, by which the time is told."""
        self._channels = [len(one.activation) for one in result.now.blocks]

    def show_update(self, update: object) -> None:
        """Draw the maps that there are so far."""
        assert isinstance(update, DepthResult)
        first = self.result is None or self.result.blocks != update.blocks
        self.result = update
        self.label(depth.caption(update, self.one_scale.isChecked()), update.on.snapshot)
        self.slider.setRange(0, len(update.blocks) - 1)
        self.shown.show()
        if first:
            self._place = len(update.blocks) - 1
            self._selected(self.state.block)
        self._draw()

    def figures(self) -> tuple[Figure, ...]:
        """The strip of all blocks, then the block that is shown large."""
        if self.result is None or not self.result.maps:
            return ()
        one = self.one_scale.isChecked()
        found = [depth.strip(self.result, one, _OPACITY)]
        large = depth.frame(self.result, self._place, one, _OPACITY)
        return (*found, large) if large.panels else tuple(found)

    def choices(self) -> dict[str, Json]:
        return {"method": self.method.currentData(), "one_scale": self.one_scale.isChecked()}

    def restore(self, choices: Mapping[str, Json]) -> None:
        choose(self.method, choices.get("method"))
        if isinstance(choices.get("one_scale"), bool):
            self.one_scale.setChecked(choices["one_scale"])

    def script(self, result: Result | None) -> str:
        """That of what is on screen."""
        return super().script(None) if self.result is None else depth_script(self.result)

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        super().retheme()
        self.strip.fit_height()
        self.strip.relayout()

    @property
    def place(self) -> int:
        """The number of the block that is shown large."""
        return self._place

    def show_place(self, place: int) -> None:
        """Show the maps of a block large."""
        if self.result is None or not 0 <= place < len(self.result.blocks):
            return
        self._place = place
        self.slider.blockSignals(True)
        self.slider.setValue(place)
        self.slider.blockSignals(False)
        if place < len(self.strip.tiles):
            self.strip.set_current(place)
        self._draw_block()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._later.start()

    # ---- drawing

    def _draw(self) -> None:
        result = self.result
        if result is None:
            return
        rows = []
        for off in (False, True) if result.two_sides else (False,):
            rows.append([one for one in result.maps if one.off == off])
        # Columns have to be the same in both rows while the second is not all there.
        count = min(len(row) for row in rows)
        self.strip.set_rows(len(rows))
        self.strip.show_tiles([self._tile(one) for row in rows for one in row[:count]])
        self._enable()
        self.show_place(self._place)

    def _tile(self, one: BlockMap) -> Tile:
        assert self.result is not None
        low, high = depth.ends(self.result, "" if self.one_scale.isChecked() else one.block)
        name = f"{one.block}{depth.side(self.result, one)}"
        return Tile(one.block, partial(_tip, name, one, high), one.values, low, high)

    def _draw_block(self) -> None:
        result = self.result
        if result is None:
            return
        block = result.blocks[self._place]
        self.block.setText(f"{block}, {self._place + 1} of {len(result.blocks)}")
        low, high = depth.ends(result, "" if self.one_scale.isChecked() else block)
        self.bar.set_range(low, high, METHODS[result.request.method].unit)
        for off, picture in enumerate(self.pictures):
            picture.setVisible(result.two_sides or not off)
            one = result.map(block, bool(off))
            picture.set_title(f"skips {'off' if off else 'on'}" if result.two_sides else block)
            if one is None:
                picture.set_words("still to come")
                continue
            area = picture.area()
            room = round(min(area.width(), area.height()) * self.devicePixelRatioF())
            photo = photo_of(result.on.snapshot, min(_MOST, max(_LEAST, room)))
            pixels = overlay.laid(photo, one.values, (low, high), self._table, _OPACITY)
            picture.set_image(theme.to_qimage(pixels))

    def _enable(self) -> None:
        there = self.result is not None and len(depth.film(self.result)) > 1
        self.play.setEnabled(there)
        self.save.setEnabled(there)

    # ---- moving

    def _moved(self, place: int) -> None:
        """A tile of either row was gone to: the explorer selects its block, if it shows the same
        network."""
        if self.result is None:
            return
        number = place % self.strip.columns()
        self.show_place(number)
        self.strip.set_current(place)
        if not self.stale:
            self.state.select_block(self.result.blocks[number])

    def _selected(self, block: str) -> None:
        if self.result is not None and block in self.result.blocks:
            self.show_place(self.result.blocks.index(block))

    def _play(self, on: bool) -> None:
        self.play.setText("Stop" if on else "Play")
        if not on:
            self._timer.stop()
            return
        self.show_place(0)
        self._timer.start()

    def _next(self) -> None:
        if self.result is None or self._place + 1 >= len(self.result.blocks):
            self.play.setChecked(False)
            return
        self.show_place(self._place + 1)

    # ---- writing

    def _ask(self) -> None:
        kinds = " ".join(f"*{one}" for one in SUFFIXES if one == ".gif" or has_film())
        path, _ = QFileDialog.getSaveFileName(
            self, "Animation", "depth.gif", f"Animation ({kinds})"
        )
        if path:
            self.write(Path(path))

    def write(self, path: Path) -> None:
        """Write the blocks from input to output as an animation."""
        if self.result is None:
            return
        self.say("")
        frames = depth.film(self.result, self.one_scale.isChecked(), _OPACITY)
        self.films.start(FilmRequest(frames, path if path.suffix else path.with_suffix(".gif")))

    def _written(self, update: object) -> None:
        if isinstance(update, Animated):
            self.say(f"Written: {update.path} ({update.frames} steps)")


def _column(widget: QWidget) -> QVBoxLayout:
    made = QVBoxLayout(widget)
    made.setContentsMargins(0, 0, 0, 0)
    return made


def _tip(name: str, one: BlockMap, high: float) -> str:
    own = number_text(overlay.finite_range(one.values)[1])
    return f"{name}\nfrom 0 to {own}, coloured by 0 to {number_text(high)}"
