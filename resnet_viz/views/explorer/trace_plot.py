"""The cascade's trace: gradient at the stem and the target's probability against skips off."""

from __future__ import annotations

import html
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from resnet_viz.figures.cascade import cascade, percent
from resnet_viz.figures.figure import Chart
from resnet_viz.figures.numbers import number_text
from resnet_viz.results.cascade import TracePoint
from resnet_viz.views.plots.plot import Plot
from resnet_viz.views.widgets import theme


class TracePlot(QWidget):
    """Two curves over the number of skips that are off, and a legend above them.

    Left, on a logarithmic axis: the norm of the gradient at the stem; right, from 0 to 100 %: the
    probability of the target.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._said: tuple[str, str] = ("", "")
        self.legend = QLabel(textFormat=Qt.TextFormat.RichText)
        self.legend.setWordWrap(True)
        self.plot = Plot("Gradient at the stem and probability against skips off", bare=True)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.legend)
        rows.addWidget(self.plot, 1)
        self.retheme()

    @property
    def chart(self) -> Chart:
        """What is drawn."""
        return self.plot.chart

    def show_trace(
        self,
        points: Sequence[TracePoint],
        count: int,
        position: int,
        target: str,
        short: bool = False,
    ) -> None:
        """Draw ``points`` on an axis from 0 to ``count`` skips off, and mark ``position``.

        The legend names the curves, or, if it is to be ``short``, gives their values there.
        """
        chart = cascade(points, count, position, target).panels[0]
        assert isinstance(chart, Chart)
        self.plot.show_chart(chart)
        point = next((p for p in points if p.off == position), None)
        if short and point is not None:
            self._said = (
                f"● Stem {number_text(point.gradient)}",
                f"□ “{target}” {percent(point.probability)}",
            )
        elif short:
            self._said = ("● Gradient at the stem", f"□ “{target}”")
        else:
            gradient, probability = (one.name for one in chart.series)
            self._said = (f"● {gradient}", f"□ {probability}")
        self._name_curves()

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        self.plot.retheme()
        self.plot.plot.getAxis("left").setTextPen(theme.current().branch)
        self._name_curves()

    def _name_curves(self) -> None:
        look = theme.current()
        gradient, probability = map(html.escape, self._said)
        self.legend.setText(
            f"<span style='color:{look.branch}'>{gradient}</span> &nbsp; "
            f"<span style='color:{look.text}'>{probability}</span>"
        )
