"""A picture under a coloured map, with words, an opacity slider and the map's scale beside it."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.picture import Picture
from resnet_viz.views.widgets.plain_text import PlainLabel, plain
from resnet_viz.views.widgets.scale_bar import ScaleBar

Render = Callable[[int, float], np.ndarray]
"""From the side in pixels and the opacity in [0, 1] to (side, side, 3) uint8."""

_LARGEST = 720  # pixels: beyond it the picture is enlarged, so that the slider stays quick


class OverlayPicture(QWidget):
    """The words and the slider stand beside the picture where it is wide, else beneath it."""

    def __init__(self, table: np.ndarray, opacity: int, parent: QWidget | None = None) -> None:
        """``table`` is (256, 3) uint8; ``opacity`` is the slider's first place, in per cent."""
        super().__init__(parent)
        self._warning = ""
        self._render: Render | None = None
        self.picture = Picture()
        self.picture.setMinimumSize(96, 96)
        self.heading = _words()
        font = self.heading.font()
        font.setBold(True)
        self.heading.setFont(font)
        self.details = _words()
        self.details.setForegroundRole(self.palette().ColorRole.PlaceholderText)
        self.warning = _words()
        self.scale_bar = ScaleBar(table)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 100)
        self.slider.setValue(opacity)
        self.slider.setAccessibleName("Opacity of the map, in per cent")
        self.slider.setToolTip("How strongly the map covers the picture")
        self.slider.setMinimumWidth(60)
        self._per_cent = PlainLabel()

        self._opacity = QWidget()
        opacity_row = QHBoxLayout(self._opacity)
        opacity_row.setContentsMargins(0, 0, 0, 0)
        opacity_row.addWidget(PlainLabel("Opacity"))
        opacity_row.addWidget(self.slider, 1)
        opacity_row.addWidget(self._per_cent)
        self.side = QVBoxLayout()
        self.side.setSpacing(4)
        for words in (self.heading, self.details, self.warning):
            self.side.addWidget(words)
        self.side.addStretch(1)
        self.side.addWidget(self._opacity)
        self.side.addWidget(self.scale_bar)
        self._halves = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._halves.setContentsMargins(0, 0, 0, 0)
        self._halves.setSpacing(10)
        self._halves.addWidget(self.picture, 1)
        self._halves.addLayout(self.side, 1)

        self.slider.valueChanged.connect(self.redraw)
        self.picture.resized.connect(self.redraw)
        self.retheme()

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """What is there to be moved."""
        return (self._opacity,)

    def show_map(self, render: Render) -> None:
        """Draw what ``render`` gives, now and whenever the size or the opacity changes."""
        self._render = render
        self.redraw()

    def set_texts(self, heading: str, details: str = "", warning: str = "") -> None:
        """The words beside the picture; an empty one takes no room."""
        texts = (heading, details, warning)
        self._warning = warning
        for label, text in zip((self.heading, self.details, self.warning), texts, strict=True):
            label.setText(text)
            label.setToolTip(plain(text))
            label.setVisible(bool(text))
        self.picture.setAccessibleName(". ".join(filter(None, texts)))
        self._fit_warning()

    def _fit_warning(self) -> None:
        """Leave out what the warning has in brackets where the words have no room for it."""
        whole = self._warning
        self.warning.setText(whole)
        wide = self.heading.width()
        if self.side.minimumHeightForWidth(wide) > self.height():
            self.warning.setText(re.sub(r" \([^)]*\)", "", whole))

    def set_scaled(self, scaled: bool) -> None:
        """Show or hide the slider and the scale: an empty map has neither."""
        self._opacity.setVisible(scaled)
        self.scale_bar.setVisible(scaled)

    def redraw(self) -> None:
        self._per_cent.setText(f"{self.slider.value()} %")
        if self._render is not None:
            area = self.picture.area()
            side = int(min(area.width(), area.height()) * self.devicePixelRatioF())
            pixels = self._render(min(_LARGEST, max(1, side)), self.slider.value() / 100)
            self.picture.set_image(theme.to_qimage(pixels))

    def retheme(self) -> None:
        self.warning.setStyleSheet(f"color: {theme.current().warning}")
        self._per_cent.setMinimumWidth(self.fontMetrics().horizontalAdvance("100 %"))
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        wide = self.width() > 1.25 * self.height()
        direction = QBoxLayout.Direction
        self._halves.setDirection(direction.LeftToRight if wide else direction.TopToBottom)
        self._halves.setStretch(1, 1 if wide else 0)
        # The picture is square, so what it cannot use goes to the words.
        self.picture.setMaximumWidth(self.height() if wide else self.width())
        self._fit_warning()


def _words() -> QLabel:
    label = PlainLabel()
    label.setWordWrap(True)
    # Where there is no room for every line the tool tip has them all.
    label.setProperty("elides", True)
    return label
