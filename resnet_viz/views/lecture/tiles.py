"""What a step shows: figures painted from their values, large."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from resnet_viz.figures.figure import Chart, Figure, Map, Panel
from resnet_viz.figures.numbers import power_of_ten
from resnet_viz.views.plots.map_view import MapView, coloured
from resnet_viz.views.plots.plot import Plot
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.plain_text import PlainLabel
from resnet_viz.views.widgets.scale_bar import ScaleBar

_FEW = 12
"""Panels of one figure that can still be told apart in a hall."""


class FigureTile(QWidget):
    """The panels of a page's figures, or one of them; painted again only where they differ."""

    def __init__(self, only: int | None = None) -> None:
        """``only`` is the number of the one panel to show, counted from 1."""
        super().__init__()
        self._only = only
        self.panels: tuple[Panel, ...] = ()
        self.views: list[QWidget] = []
        self.empty = PlainLabel("Nothing has been measured here yet")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(12)
        self._grid.addWidget(self.empty)

    def show_figures(self, figures: Sequence[Figure]) -> None:
        """Show the panels of ``figures``."""
        panels = [panel for figure in figures for panel in figure.panels][:_FEW]
        columns = max((figure.columns for figure in figures), default=1)
        if self._only is not None:
            panels, columns = panels[self._only - 1 : self._only], 1
        if len(figures) > 1:
            columns = max(columns, 2)
        kinds = [type(panel) for panel in panels]
        if kinds != [type(panel) for panel in self.panels]:
            self._make(panels, columns)
        self.panels = tuple(panels)
        for view, panel in zip(self.views, panels, strict=True):
            if isinstance(view, Plot) and isinstance(panel, Chart):
                view.show_chart(panel)
            elif isinstance(view, MapTile) and isinstance(panel, Map):
                view.show_map(panel)

    def _make(self, panels: Sequence[Panel], columns: int) -> None:
        for view in self.views:
            self._grid.removeWidget(view)
            view.hide()
            view.deleteLater()
        self.views = [
            Plot(panel.title) if isinstance(panel, Chart) else MapTile() for panel in panels
        ]
        for number, view in enumerate(self.views):
            self._grid.addWidget(view, number // columns, number % columns)
            view.show()
        self.empty.setVisible(not panels)

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        for view in self.views:
            if isinstance(view, Plot | MapTile):
                view.retheme()


class MapTile(QWidget):
    """A map with its title above and its scale below."""

    def __init__(self) -> None:
        super().__init__()
        self._map: Map | None = None
        self.title = PlainLabel()
        self.title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.title.setWordWrap(True)
        self.plane = MapView("Map", lambda *_: "")
        self.picture = _Picture()
        self._bar: ScaleBar | None = None
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.addWidget(self.title)
        self._rows.addWidget(self.plane, 1)
        self._rows.addWidget(self.picture, 1)

    def show_map(self, shown: Map) -> None:
        """Draw a map, with its axes if it has any."""
        self._map = shown
        self.title.setText(shown.title)
        numbered = shown.x is not None and shown.y is not None
        self.plane.setVisible(numbered)
        self.picture.setVisible(not numbered)
        if numbered:
            self.plane.show_map(shown)
        else:
            self.picture.show_map(shown)
        if self._bar is not None:
            self._rows.removeWidget(self._bar)
            self._bar.deleteLater()
        self._bar = ScaleBar(theme.colour_map(shown.colours), self)
        if shown.log:
            ends = (power_of_ten(round(shown.low)), power_of_ten(round(shown.high)))
            self._bar.set_labels(*ends, shown.unit)
        else:
            self._bar.set_range(shown.low, shown.high, shown.unit)
        self._rows.addWidget(self._bar)
        self._bar.show()

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        self.plane.retheme()
        if self._map is not None:
            self.show_map(self._map)


class _Picture(QWidget):
    """A map without axes, over its picture if it has one."""

    def __init__(self) -> None:
        super().__init__()
        self._map: Map | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def show_map(self, shown: Map) -> None:
        self._map = shown
        self.setAccessibleName(shown.title)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(320, 320)

    def paintEvent(self, event: QPaintEvent) -> None:
        shown = self._map
        if shown is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shown.picture is not None)
        rows, columns = np.asarray(shown.values).shape
        scale = min(self.width() / columns, self.height() / rows)
        width, height = scale * columns, scale * rows
        place = QRectF((self.width() - width) / 2, (self.height() - height) / 2, width, height)
        area: QRect = place.toRect()
        if shown.picture is not None:
            painter.drawImage(area, theme.to_qimage(shown.picture))
            painter.setOpacity(shown.opacity)
        pixels = coloured(shown)
        painter.drawImage(area, theme.to_qimage(pixels[::-1] if shown.upwards else pixels))
