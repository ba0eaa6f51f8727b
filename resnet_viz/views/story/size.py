"""Parameters against accuracy for the catalog's ImageNet networks, as torchvision has them."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QLineF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from resnet_viz.networks.published import Published, published
from resnet_viz.views.story import labels
from resnet_viz.views.story.figure import Figure, Mark, faded, scaled, text_width
from resnet_viz.views.widgets import theme

_LEAST, _MOST = 5e6, 2.2e8  # parameters
_WORST, _BEST = 55.0, 87.0  # percent
_SIZE_TICKS = (5, 10, 20, 50, 100, 200)  # millions
_ACCURACY_TICKS = (55, 60, 65, 70, 75, 80, 85)
_FAMILY = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
_CENTRE, _RIGHT = Qt.AlignmentFlag.AlignCenter, Qt.AlignmentFlag.AlignRight
_LEFT, _MIDDLE = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Axes:
    """The field that the dots lie in, in pixels."""

    field: QRectF

    def at(self, parameters: float, accuracy: float) -> QPointF:
        """Where a network lies: log of its parameters, and accuracy in percent."""
        along = math.log(parameters / _LEAST) / math.log(_MOST / _LEAST)
        up = (accuracy - _WORST) / (_BEST - _WORST)
        return QPointF(
            self.field.left() + along * self.field.width(),
            self.field.bottom() - up * self.field.height(),
        )


def card(row: Published) -> str:
    """What torchvision says about a set of weights, as a rich text."""
    recipe = "torchvision’s recipe of 2021" if row.new_recipe else "a recipe near the paper’s"
    muted = theme.current().muted
    return (
        f"<p><b>{html.escape(row.title)}</b>, weights {row.version}</p>"
        f"<p>{row.parameters / 1e6:.1f} million parameters<br>"
        f"top-1 accuracy {row.top1:.1f} %, top-5 {row.top5:.1f} %<br>"
        f"{row.gflops:.1f}×10⁹ MACs for one photo</p>"
        f"<p>Trained with {recipe}; measured on ImageNet-1K’s validation set.</p>"
        f'<p style="color: {muted}">{html.escape(row.recipe.removeprefix("https://"))}</p>'
    )


class SizeFigure(Figure):
    """A dot for each of torchvision's sets of weights; a click opens the network."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Parameters against accuracy on ImageNet-1K", parent)
        self.rows = sorted(published(), key=lambda row: (row.parameters, row.top1))
        self.labels: list[labels.Label] = []

    def _axes(self) -> Axes:
        line = self.fontMetrics().height()
        left = text_width(self.font(), "85") + 1.4 * line
        top = 1.8 * line
        return Axes(QRectF(left, top, self.width() - left - line, self.height() - top - 2.9 * line))

    def _radius(self) -> float:
        return 0.36 * self.fontMetrics().height()

    def dot(self, row: Published) -> QPointF:
        """Where a row lies at the present size."""
        return self._axes().at(row.parameters, row.top1)

    def marks_now(self) -> list[Mark]:
        reach = 1.5 * self._radius()
        made = []
        for row in self.rows:
            dot = self.dot(row)
            area = QRectF(dot.x() - reach, dot.y() - reach, 2 * reach, 2 * reach)
            name = f"{row.title} ({row.version})"
            made.append(Mark(f"{row.network} {row.version}", name, area, card(row), row.network))
        return made

    def named(self) -> list[Published]:
        """One row for each network, its best."""
        best: dict[str, Published] = {}
        for row in self.rows:
            if row.network not in best or row.top1 > best[row.network].top1:
                best[row.network] = row
        return list(best.values())

    def arrange(self) -> None:
        super().arrange()
        self.labels = self._place_labels()

    def _place_labels(self) -> list[labels.Label]:
        """The places of the names of ``named``."""
        rows = self.named()
        line = self.fontMetrics().height()
        sizes = [QSizeF(text_width(self.font(), row.title) + 2, 0.95 * line) for row in rows]
        return labels.place(
            [[self.dot(r) for r in self._of(row.network)[::-1]] for row in rows],
            sizes,
            self._radius(),
            self._axes().field,
            [self._legend()],
            [*self._family(), *self._upgrades()],
        )

    def _of(self, network: str) -> list[Published]:
        """A network's rows, the best last."""
        return [row for row in self.rows if row.network == network]

    def _family(self) -> list[QLineF]:
        """From ResNet to deeper ResNet, for either recipe."""
        made = []
        for new in (False, True):
            rows = [r for r in self.rows if r.network in _FAMILY and r.new_recipe is new]
            made += [QLineF(*pair) for pair in pairwise(map(self.dot, rows))]
        return made

    def _upgrades(self) -> list[QLineF]:
        """From a network's first weights to its new ones."""
        made = []
        for named in self.named():
            made += [QLineF(*pair) for pair in pairwise(map(self.dot, self._of(named.network)))]
        return made

    # ---- painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(theme.current().panel))
        there = self._axes()
        self._draw_grid(painter, there)
        self._draw_lines(painter)
        self._draw_labels(painter)
        for row in self.rows:
            self._draw_dot(painter, row)
        self._draw_legend(painter)

    def _draw_grid(self, painter: QPainter, there: Axes) -> None:
        style, line = theme.current(), self.fontMetrics().height()
        field = there.field
        painter.setFont(self.font())
        for accuracy in _ACCURACY_TICKS:
            y = there.at(_LEAST, accuracy).y()
            painter.setPen(QPen(faded(style.line, 0.5), 1))
            painter.drawLine(QPointF(field.left(), y), QPointF(field.right(), y))
            painter.setPen(QColor(style.muted))
            box = QRectF(0, y - line / 2, field.left() - 6, line)
            painter.drawText(box, _RIGHT | _MIDDLE, str(accuracy))
        for millions in _SIZE_TICKS:
            x = there.at(millions * 1e6, _WORST).x()
            painter.setPen(QPen(faded(style.line, 0.5), 1))
            painter.drawLine(QPointF(x, field.top()), QPointF(x, field.bottom()))
            painter.setPen(QColor(style.muted))
            box = QRectF(x - 3 * line, field.bottom() + 0.2 * line, 6 * line, line)
            painter.drawText(box, _CENTRE, str(millions))
        painter.setFont(scaled(self.font(), 1.0, bold=True))
        painter.setPen(QColor(style.text))
        over = QRectF(4, 0.1 * line, self.width(), 1.3 * line)
        painter.drawText(over, _LEFT | _MIDDLE, "Top-1 accuracy on ImageNet-1K (validation set), %")
        under = QRectF(field.left(), field.bottom() + 1.4 * line, field.width(), 1.3 * line)
        painter.drawText(under, _CENTRE, "Parameters, millions (logarithmic)")

    def _draw_lines(self, painter: QPainter) -> None:
        style = theme.current()
        painter.setPen(QPen(faded(style.text, 0.4), 1.2, Qt.PenStyle.DotLine))
        painter.drawLines(self._upgrades())
        painter.setPen(QPen(faded(style.skip, 0.6), 1.5))
        painter.drawLines(self._family())

    def _draw_dot(self, painter: QPainter, row: Published) -> None:
        """Round with shortcuts and square without; full where the recipe is the newer."""
        style, dot, radius = theme.current(), self.dot(row), self._radius()
        known = self.mark(f"{row.network} {row.version}").opens
        colour = QColor(style.skip if row.residual else style.branch)
        if not known:
            colour.setAlphaF(0.55)
        pointed = self.current is not None and self.current.area.center() == dot
        if pointed:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(faded(style.text, 0.35))
            painter.drawEllipse(dot, 1.7 * radius, 1.7 * radius)
        line = Qt.PenStyle.SolidLine if known else Qt.PenStyle.DashLine
        painter.setPen(QPen(colour, style.line_width, line))
        painter.setBrush(colour if row.new_recipe else QColor(style.panel))
        _draw_symbol(painter, dot, radius, row.residual)

    def _draw_labels(self, painter: QPainter) -> None:
        style = theme.current()
        painter.setFont(self.font())
        for row, label in zip(self.named(), self.labels, strict=True):
            if label.leader is not None:
                painter.setPen(QPen(faded(style.text, 0.6), 1))
                painter.drawLine(label.leader)
            known = self.mark(f"{row.network} {row.version}").opens
            painter.setPen(QColor(style.text if known else style.muted))
            painter.drawText(label.box, _CENTRE | Qt.TextFlag.TextDontClip, row.title)

    def _samples(self) -> list[tuple[str, bool, bool, str]]:
        style = theme.current()
        return [
            (style.branch, False, False, "without shortcuts"),
            (style.skip, True, False, "with shortcuts, recipe near the paper’s"),
            (style.skip, True, True, "the same, torchvision’s recipe of 2021"),
        ]

    def _legend(self) -> QRectF:
        """In the lower middle, where no network is."""
        line = self.fontMetrics().height()
        width = max(text_width(self.font(), words) for *_, words in self._samples()) + 2.2 * line
        field = self._axes().field
        height = 1.25 * line * len(self._samples()) + 0.4 * line
        return QRectF(field.left() + 0.5 * line, field.bottom() - height - 4, width, height)

    def _draw_legend(self, painter: QPainter) -> None:
        style, line, box = theme.current(), self.fontMetrics().height(), self._legend()
        painter.setFont(self.font())
        painter.fillRect(box, QColor(style.panel))
        for number, (colour, round_, full, words) in enumerate(self._samples()):
            y = box.top() + (0.2 + 1.25 * number) * line
            painter.setPen(QPen(QColor(colour), style.line_width))
            painter.setBrush(QColor(colour if full else style.panel))
            _draw_symbol(
                painter, QPointF(box.left() + 0.8 * line, y + line / 2), self._radius(), round_
            )
            painter.setPen(QColor(style.text))
            words_box = QRectF(box.left() + 1.8 * line, y, box.width(), line)
            painter.drawText(words_box, _LEFT | _MIDDLE, words)


def _draw_symbol(painter: QPainter, dot: QPointF, radius: float, round_: bool) -> None:
    if round_:
        painter.drawEllipse(dot, radius, radius)
    else:
        side = 0.9 * radius
        painter.drawRect(QRectF(dot.x() - side, dot.y() - side, 2 * side, 2 * side))
