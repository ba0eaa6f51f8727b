"""What every plot begins with: a canvas that does not move, in the theme's colours."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QPointF, Qt

from resnet_viz.figures.scale import Ticks
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.plain_text import PlainLabel

AXES = ("left", "bottom", "right", "top")


class TextAxis(pg.AxisItem):  # type: ignore[misc]
    """An axis whose labels, once set, can be asked for and may stand out past its end."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self.tick_levels: list[Ticks] = []
        self.setStyle(hideOverlappingLabels=200)

    def setTicks(self, ticks: list[Ticks] | None) -> None:
        """Labels, and ticks without one; None for numbers of pyqtgraph's choice."""
        self.tick_levels = ticks or []
        super().setTicks(ticks)


def make_canvas(least: int) -> Any:
    """A plot that neither zooms nor has a menu, at least so many pixels high."""
    plot = pg.PlotWidget(axisItems={name: TextAxis(name) for name in AXES}, enableMenu=False)
    plot.setMinimumHeight(least)
    plot.hideButtons()
    plot.setMouseEnabled(x=False, y=False)
    plot.showAxis("top")
    plot.getAxis("top").setStyle(tickLength=0, tickTextOffset=1)
    plot.getAxis("left").setZValue(-20)  # a grid belongs behind what is drawn
    return plot


def retheme_canvas(plot: Any) -> None:
    """Take colours and fonts from the theme in use."""
    look = theme.current()
    plot.setBackground(look.panel)
    for name in AXES:
        axis = plot.getAxis(name)
        axis.setStyle(tickFont=plot.font())
        axis.setPen(look.line)
        axis.setTextPen(look.text)


class Readout(PlainLabel):
    """What is read under the pointer, in a box beside it and inside the plot."""

    def __init__(self, plot: Any) -> None:
        super().__init__(plot)
        self._plot = plot
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def retheme(self) -> None:
        look = theme.current()
        self.setStyleSheet(
            f"color: {look.text}; background: {look.raised}; "
            f"border: 1px solid {look.line}; padding: 3px 6px;"
        )

    def say(self, text: str, scene_position: QPointF) -> None:
        """Show ``text`` beside a place, in the half of the plot that it is not in; "" hides."""
        self.setVisible(bool(text))
        if not text:
            return
        self.setText(text)
        self.adjustSize()
        pointer = self._plot.mapFromScene(scene_position)
        right = pointer.x() + 14
        left = max(0, pointer.x() - 14 - self.width())
        fits = right + self.width() <= self._plot.width()
        upper = pointer.y() > self._plot.height() / 2
        below = max(2, self._plot.height() - self.height() - 2)
        self.move(right if fits else left, 2 if upper else below)
