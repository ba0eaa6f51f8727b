"""The selected block's channels as a grid of maps, each to be enlarged over the picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.engine.state import ExplorerState
from resnet_viz.figures.figure import Figure
from resnet_viz.figures.maps import activations, kept_unit
from resnet_viz.figures.numbers import number_text
from resnet_viz.images import overlay
from resnet_viz.results.result import BlockPass, Result
from resnet_viz.views.explorer.panel import ExplorerPanel
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.feature import Json, Key
from resnet_viz.views.widgets.overlay_picture import OverlayPicture
from resnet_viz.views.widgets.picture import Picture
from resnet_viz.views.widgets.plain_text import PlainLabel
from resnet_viz.views.widgets.scale_bar import ScaleBar
from resnet_viz.views.widgets.tiles import GAP, Tile, Tiles

_OPACITY = 70
_UNIT = "activation"
OWN = "Own scale"
OWN_TIP = "Colours for this result alone; off: those of all skips on, so that what is lost is seen"


class ChannelGrid(Tiles):
    """At least eight columns, or as many as their labels leave room for."""

    def __init__(self, table: np.ndarray, parent: QWidget | None = None) -> None:
        super().__init__(table, parent)
        # Always there: a bar that comes and goes would change the width that decides on it.
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def columns(self) -> int:
        width = self.viewport().width()
        wanted = max(8, width // (4 * self.fontMetrics().height()))
        return max(1, min(wanted, width // (self.label_width + GAP)))

    def side(self) -> int:
        return max(8, self.viewport().width() // self.columns() - GAP)


@dataclass(frozen=True)
class Statistics:
    """Mean, least and greatest finite value of each channel, (C,) float64; NaN if it has none.

    ``unknown`` is (C,) bool: the channel holds NaN or infinity.
    """

    mean: np.ndarray
    least: np.ndarray
    greatest: np.ndarray
    unknown: np.ndarray

    @classmethod
    def of(cls, activation: np.ndarray) -> Statistics:
        """Of (C, h, w)."""
        values = activation.reshape(len(activation), -1)
        finite = np.isfinite(values)
        count = finite.sum(axis=1)
        some = count > 0
        total = np.where(finite, values, 0.0).sum(axis=1, dtype=np.float64)
        least = np.where(finite, values, np.inf).min(axis=1)
        greatest = np.where(finite, values, -np.inf).max(axis=1)
        return cls(
            np.where(some, total / np.maximum(count, 1), np.nan),
            np.where(some, least, np.nan),
            np.where(some, greatest, np.nan),
            count < values.shape[1],
        )

    @cached_property
    def common_range(self) -> tuple[float, float]:
        """One scale for all channels, which holds zero; NaN if there is no finite value."""
        low, high = overlay.finite_range(np.concatenate([self.least, self.greatest]))
        return (low, high) if np.isnan(low) else (min(0.0, low), max(0.0, high))

    def own_range(self, channel: int) -> tuple[float, float]:
        """One channel's scale; NaN if it has no finite value."""
        return float(self.least[channel]), float(self.greatest[channel])

    def sentence(self, channel: int) -> str:
        """A channel's figures, as in "min 0 · mean 0.42 · max 7.1"."""
        if np.isnan(self.mean[channel]):
            return "no finite value"
        figures = (
            ("min", self.least[channel]),
            ("mean", self.mean[channel]),
            ("max", self.greatest[channel]),
        )
        # A no-break space keeps a number on the line of its name.
        return " · ".join(f"{name}\u00a0{number_text(value, 3)}" for name, value in figures)


class ActivationsView(ExplorerPanel):
    """What the selected block's output looks like, channel by channel."""

    KEYS = {  # noqa: RUF012
        "channels": Key("← → ↑ ↓", "Choose a channel"),
        "large": Key("Enter", "Show it large"),
        "all": Key("Esc", "Show all channels"),
    }

    def __init__(self, state: ExplorerState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self._result: Result | None = None
        self._block: BlockPass | None = None
        self._statistics = self._scale = Statistics.of(np.zeros((1, 1, 1)))
        self._kept = False
        self._order: list[int] = []
        self._table = theme.colour_map("viridis")
        self.setAccessibleName("Activations")

        self.empty = Picture()
        self.empty.set_words("Activations appear with the first pass.")
        self.header = PlainLabel()
        self.header.setWordWrap(True)
        self.header.hide()
        self.pages = QStackedWidget()
        self.pages.addWidget(self._build_grid())
        self.pages.addWidget(self._build_panel())
        self.pages.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 4, 6, 4)
        column.setSpacing(4)
        column.addWidget(self.empty, 1)
        column.addWidget(self.header)
        column.addWidget(self.pages, 1)
        state.block_changed.connect(self._choose_block)

    def _build_grid(self) -> QWidget:
        self.sort = QComboBox()
        self.sort.addItems(["Sort: mean activation", "Sort: channel index"])
        self.sort.setAccessibleName("Order of the channels")
        self.sort.currentIndexChanged.connect(self._arrange)
        self.common = QCheckBox("Common scale")
        self.common.setChecked(True)
        self.common.setToolTip("One scale for all channels; off: each map by its own range")
        self.common.toggled.connect(self._arrange)
        self.own = QCheckBox(OWN)
        self.own.setToolTip(OWN_TIP)
        self.own.toggled.connect(self._scale_chosen)
        self.scale_bar = ScaleBar(self._table)
        self.grid = ChannelGrid(self._table)
        self.grid.setAccessibleName("Channels")
        self.grid.opened.connect(self._open)
        self._controls = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        chosen = QHBoxLayout()
        chosen.setSpacing(8)
        chosen.addWidget(self.sort)
        chosen.addWidget(self.common)
        chosen.addStretch(1)
        scale = QHBoxLayout()
        scale.setSpacing(8)
        scale.addWidget(self.own)
        scale.addWidget(self.scale_bar, 1)
        self._controls.addLayout(chosen)
        self._controls.addLayout(scale)
        self._controls.setSpacing(4)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(self._controls)
        column.addWidget(self.grid, 1)
        return page

    def _build_panel(self) -> QWidget:
        self.panel = OverlayPicture(self._table, _OPACITY)
        self.panel.picture.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.back = QPushButton("Back")
        self.back.setToolTip("Back to all channels (Esc)")
        self.back.clicked.connect(self._close)
        row = QHBoxLayout()
        row.addWidget(self.back)
        for arrow, words, step in (
            (Qt.ArrowType.LeftArrow, "Previous channel (Left)", -1),
            (Qt.ArrowType.RightArrow, "Next channel (Right)", 1),
        ):
            button = QToolButton()
            button.setArrowType(arrow)
            button.setToolTip(words)
            button.setAccessibleName(words)
            button.clicked.connect(partial(self._step, step))
            row.addWidget(button)
        row.addStretch(1)
        self.panel.side.insertLayout(0, row)
        return self.panel

    def show_result(self, result: Result) -> None:
        """Draw the selected block's channels in ``result.now``."""
        before = self._block.name if self._block else None
        self._result = result
        self._show_block()
        if self._block and self._block.name != before:
            self._close()

    def figures(self) -> tuple[Figure, ...]:
        """The channel that is enlarged, or all of them in the order on screen."""
        if self._result is None or self._block is None:
            return ()
        channels = self._order if self.enlarged is None else [self.enlarged]
        ranges = [self._range(channel) for channel in channels]
        return (activations(self._result, self._block, channels, ranges),)

    def retheme(self) -> None:
        """Take the colours and the fonts of the current theme."""
        self.panel.retheme()
        self._fold()
        self.grid.relayout()
        self.update()

    @property
    def controls(self) -> Sequence[QWidget]:
        return (self.sort, self.common, self.own)

    def choices(self) -> dict[str, Json]:
        return {
            "sorted": self.sort.currentIndex() == 0,
            "common_scale": self.common.isChecked(),
            "own_scale": self.own.isChecked(),
        }

    def restore(self, choices: Mapping[str, Json]) -> None:
        if isinstance(choices.get("sorted"), bool):
            self.sort.setCurrentIndex(0 if choices["sorted"] else 1)
        if isinstance(choices.get("common_scale"), bool):
            self.common.setChecked(choices["common_scale"])
        if isinstance(choices.get("own_scale"), bool):
            self.own.setChecked(choices["own_scale"])

    @property
    def enlarged(self) -> int | None:
        """The channel that is shown large, or None while all are shown."""
        if self.pages.currentIndex() == 0 or not 0 <= self.grid.current < len(self._order):
            return None
        return self._order[self.grid.current]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.enlarged is None:
            super().keyPressEvent(event)
        elif event.key() == Qt.Key.Key_Escape:
            self._close()
        elif event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._step(1 if event.key() == Qt.Key.Key_Right else -1)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fold()

    def _fold(self) -> None:
        """Put the scale below the other controls where it does not fit beside them."""
        parts = (self.sort, self.common, self.own, self.scale_bar)
        wide = sum(part.sizeHint().width() for part in parts) + 48 <= self.width()
        direction = QBoxLayout.Direction
        self._controls.setDirection(direction.LeftToRight if wide else direction.TopToBottom)

    def _choose_block(self) -> None:
        if self._result is not None:
            self._show_block()
            self._close()

    def _show_block(self) -> None:
        if self._result is None:
            return
        blocks = self._result.now.blocks
        # A block just chosen in another network's diagram is not in this result yet.
        self._block = next((b for b in blocks if b.name == self._state.block), blocks[-1])
        self._statistics = Statistics.of(self._block.activation)
        self.own.setVisible(bool(self._result.structure.skips))
        self._choose_scale()
        self.header.setText(_headline(self._block, self._statistics))
        self.empty.hide()
        self.header.show()
        self.pages.show()
        self._arrange()

    def _choose_scale(self) -> None:
        """Take the ends of the colours from the pass with all skips on, unless asked otherwise."""
        result, block = self._result, self._block
        if result is None or block is None:
            return
        self._kept = not self.own.isChecked() and result.now is not result.all_on
        self._scale = (
            Statistics.of(result.all_on.block(block.name).activation)
            if self._kept
            else self._statistics
        )

    def _scale_chosen(self) -> None:
        self._choose_scale()
        self._arrange()

    def _arrange(self) -> None:
        """Sort and scale the channels; the one that is enlarged or outlined stays so."""
        if self._block is None:
            return
        before = self._order[self.grid.current] if self.grid.current >= 0 else -1
        figures, maps = self._statistics, self._block.activation
        by_mean = self.sort.currentIndex() == 0
        # NaN sorts last, and equal means stay in the order of the channels.
        order = np.argsort(-figures.mean, kind="stable") if by_mean else np.arange(len(maps))
        self._order = [int(channel) for channel in order]
        if self.common.isChecked():
            most = overlay.finite_range(figures.greatest)[1]
            self.scale_bar.set_range(*self._scale.common_range, self._unit(most))
        else:
            whose = "its range with all skips on" if self._kept else "its own range"
            self.scale_bar.set_labels("min", "max", f"each map by {whose}")
        tiles = [
            Tile(
                str(channel),
                partial(_tip, figures, channel),
                maps[channel],
                *self._range(channel),
            )
            for channel in self._order
        ]
        self.grid.show_tiles(tiles, self._order.index(before) if before in self._order else -1)
        self._fold()
        self._draw_enlarged()

    def _range(self, channel: int) -> tuple[float, float]:
        common = self.common.isChecked()
        return self._scale.common_range if common else self._scale.own_range(channel)

    def _unit(self, most: float) -> str:
        """The unit; where the scale is that of all skips on also what is greatest on screen."""
        return kept_unit(_UNIT, most) if self._kept else _UNIT

    def _open(self, place: int) -> None:
        self.grid.set_current(place)
        self.pages.setCurrentIndex(1)
        self.panel.picture.setFocus()
        self._draw_enlarged()

    def _step(self, step: int) -> None:
        self.grid.set_current((self.grid.current + step) % len(self._order))
        self._draw_enlarged()

    def _close(self) -> None:
        if self.pages.currentIndex() == 1:
            self.pages.setCurrentIndex(0)
            self.grid.setFocus()
            self.grid.set_current(self.grid.current)

    def _draw_enlarged(self) -> None:
        channel, result, block = self.enlarged, self._result, self._block
        if channel is None or result is None or block is None:
            return
        values, seen = block.activation[channel], result.network_input
        low, high = self._range(channel)
        unknown = int(np.count_nonzero(~np.isfinite(values)))
        self.panel.set_texts(
            f"Channel {channel}",
            self._statistics.sentence(channel),
            f"NaN or ∞ in {unknown} of {values.size} values" if unknown else "",
        )
        greatest = float(self._statistics.greatest[channel])
        self.panel.scale_bar.set_range(low, high, self._unit(greatest))
        self.panel.show_map(
            lambda side, opacity: overlay.veil(
                np.rint(overlay.smooth(seen, side, side)).astype(np.uint8),
                values,
                low,
                high,
                self._table,
                opacity,
            )
        )


def _tip(figures: Statistics, channel: int) -> str:
    return f"Channel {channel}\n{figures.sentence(channel)}"


def _headline(block: BlockPass, figures: Statistics) -> str:
    channels, height, width = block.activation.shape
    parts = [block.name, f"{channels} channels", f"{height}×{width}"]
    if np.isnan(figures.mean).all():
        parts.append("no finite value")
    else:
        parts.append(f"mean {number_text(float(np.nanmean(figures.mean)), 3)}")
        parts.append(f"max {number_text(float(np.nanmax(figures.greatest)), 3)}")
    unknown = int(figures.unknown.sum())
    if unknown:
        parts.append(f"NaN or ∞ in {unknown} channels")
    return " · ".join(parts)
