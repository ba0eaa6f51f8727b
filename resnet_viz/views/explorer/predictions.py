"""Predictions: the most probable classes, with the skips as they are and with all of them on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.engine.state import ExplorerState
from resnet_viz.figures.figure import Figure
from resnet_viz.figures.numbers import number_text, per_cent
from resnet_viz.figures.predictions import TOP, predictions
from resnet_viz.results.result import Pass, Result
from resnet_viz.views.explorer.panel import ExplorerPanel
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.plain_text import PlainLabel, plain
from resnet_viz.views.widgets.scrolling import put_into

UNTRAINED = "Untrained weights: these predictions mean nothing."
SKIPS_AS_NOW = "Skips as now"
NO_RANKING = "The logits are not a number, so no class can be ranked."

NOT_A_CLASS = "not among the network's classes"

_NAMED = 100  # classes that are named in a tooltip
_MARGIN = 6  # pixels at the view's edge and between the columns
_PADDING = 5  # pixels in a row: at its ends, and between the name and the probability


class PredictionsView(ExplorerPanel):
    """Two lists of classes with their probabilities; a click on one makes it the target."""

    def __init__(self, state: ExplorerState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self.setAccessibleName("Predictions")
        self.empty = PlainLabel("Predictions appear with the first pass.")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.banner = PlainLabel(UNTRAINED)
        self.banner.setWordWrap(True)
        self.target = PlainLabel()
        self.target.setWordWrap(True)
        self.truth = PlainLabel()
        self.truth.setWordWrap(True)
        self.classes = PlainLabel()
        self.classes.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.automatic = QPushButton("Automatic")
        self.automatic.setToolTip("Take the most probable class with all skips on as the target.")
        self.automatic.clicked.connect(lambda: state.set_target(None))
        self.now = PredictionColumn(SKIPS_AS_NOW, state)
        self.all_on = PredictionColumn("All skips on", state)

        top = QHBoxLayout()
        top.addWidget(self.target, 1)
        top.addWidget(self.automatic)
        lists = QWidget()
        self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight, lists)
        self._columns.setContentsMargins(0, 0, 0, 0)
        self._columns.setSpacing(_MARGIN)
        self._columns.addWidget(self.now, 1)
        self._columns.addWidget(self.all_on, 1)
        self._scroller = QScrollArea()
        put_into(self._scroller, lists)
        self._scroller.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroller.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        page = QWidget()
        rows = QVBoxLayout(page)
        rows.setContentsMargins(_MARGIN, 4, _MARGIN, 4)
        rows.setSpacing(4)
        rows.addWidget(self.banner)
        rows.addLayout(top)
        rows.addWidget(self.truth)
        rows.addWidget(self._scroller, 1)
        rows.addWidget(self.classes)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(page)
        self._result: Result | None = None

        state.target_changed.connect(self._target_changed)
        self._target_changed()
        self.retheme()

    def show_result(self, result: Result) -> None:
        """List the classes of ``result``."""
        self._result = result
        self.banner.setVisible(not result.weights.trained)
        self._show_truth(result)
        classes = result.snapshot.own_spec.has_classes
        self.now.show_pass(result.now, result.labels, classes)
        self.all_on.show_pass(result.all_on, result.labels, classes)
        # Without skips the two lists would be one and the same.
        skips = bool(result.structure.skips)
        self.all_on.setVisible(skips)
        alone = "Most probable" if classes else "Largest"
        self.now.title.setText(SKIPS_AS_NOW if skips else alone)
        self._pages.setCurrentIndex(1)
        self._fit()

    def _show_truth(self, result: Result) -> None:
        """What is known to be on the photo, and whether the network says so."""
        truth = result.snapshot.photo.label
        self.truth.setVisible(truth is not None)
        if truth is None:
            return
        if truth not in result.labels:
            self.truth.setText(f"true: {truth} – {NOT_A_CLASS}")
        elif result.labels[result.now.top(1)[0]] == truth:
            self.truth.setText(f"true: {truth} ✓ right")
        else:
            self.truth.setText(f"true: {truth} ✗ wrong")

    def figures(self) -> tuple[Figure, ...]:
        """What is on screen; nothing before the first result."""
        return () if self._result is None else (predictions(self._result),)

    @property
    def controls(self) -> Sequence[QWidget]:
        return (self.automatic,)

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        look = theme.current()
        self.classes.setStyleSheet(f"color: {look.muted}")
        self.empty.setStyleSheet(f"color: {look.muted}")
        self.banner.setStyleSheet(
            f"color: {look.warning}; border: 1px solid {look.warning}; padding: 3px 6px;"
        )
        self.now.retheme(look.branch)
        self.all_on.retheme(look.skip)
        self._fit()

    def sizeHint(self) -> QSize:
        return QSize(360, 300)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _target_changed(self) -> None:
        self.automatic.setEnabled(self._state.snapshot.target is not None)

    def _fit(self) -> None:
        """Put the lists side by side where they fit, else one above the other."""
        metrics = self.fontMetrics()
        column = metrics.horizontalAdvance("airplane< 0.1 %") + 3 * _PADDING
        directions = QBoxLayout.Direction
        wide = self.width() >= 2 * column + 3 * _MARGIN
        self._columns.setDirection(directions.LeftToRight if wide else directions.TopToBottom)
        if self._result is None:
            return
        known = f"{len(self._result.labels):,} features; the network has no classes"
        if self._result.snapshot.own_spec.has_classes:
            known = classes_in_words(self._result.labels)
            if self._result.snapshot.own_spec.independent:
                known = f"Each by itself, yes or no: {known}"
        room = self.width() - 2 * _MARGIN
        self.classes.setText(metrics.elidedText(known, Qt.TextElideMode.ElideRight, room))
        self.classes.setToolTip(plain(known))
        self.classes.setAccessibleName(known)
        label = self._result.labels[self._result.now.target]
        how = " (automatic)" if self._result.snapshot.target is None else ""
        self.target.setToolTip(plain(f"Target: {label}{how}"))
        room = self.width() - self.automatic.sizeHint().width() - 4 * _MARGIN
        room -= metrics.horizontalAdvance("Target: ")
        if metrics.horizontalAdvance(label) > room:
            label = metrics.elidedText(label, Qt.TextElideMode.ElideRight, max(0, room))
        self.target.setText(f"Target: {label}{how}")


def classes_in_words(labels: tuple[str, ...]) -> str:
    """How many classes a network has and what it knows only, the first of them where many."""
    named = ", ".join(labels[:_NAMED]) + (", …" if len(labels) > _NAMED else "")
    return f"{len(labels):,} classes; knows only: {named}"


class PredictionColumn(QWidget):
    """The top classes of one pass, and below them the target if it is not one of these."""

    def __init__(self, title: str, state: ExplorerState) -> None:
        super().__init__()
        self.title = PlainLabel(title)
        self.title.setToolTip("A bar as wide as its row is 100 %.")
        self.message = PlainLabel(NO_RANKING)
        self.message.setWordWrap(True)
        self.rows = [PredictionRow(title, state) for _ in range(TOP)]
        self.separator = QFrame()
        self.separator.setFrameShape(QFrame.Shape.NoFrame)
        self.separator.setFixedHeight(1)
        self.extra = PredictionRow(title, state)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        for part in (self.title, self.message, *self.rows, self.separator, self.extra):
            rows.addWidget(part)
        rows.addStretch(1)

    def show_pass(self, run: Pass, labels: tuple[str, ...], classes: bool = True) -> None:
        """List the top classes of ``run``; ``labels`` are the names of all K classes.

        Of a network without ``classes`` these are the largest features, as they are.
        """
        self.title.setToolTip(
            "A bar as wide as its row is 100 %."
            if classes
            else "A bar as wide as its row is the largest of all features."
        )
        ranked = bool(np.isfinite(run.logits).all())
        top = run.top(TOP) if ranked else []
        self.message.setVisible(not ranked)
        for place, row in enumerate(self.rows):
            row.setVisible(place < len(top))
            if place < len(top):
                row.show_class(run, top[place], labels, classes)
        missing = run.target not in top
        self.separator.setVisible(missing)
        self.extra.setVisible(missing)
        self.extra.show_class(run, run.target, labels, classes)

    def retheme(self, colour: str) -> None:
        """Draw the bars in ``colour``."""
        look = theme.current()
        self.title.setStyleSheet("font-weight: 600")
        self.separator.setStyleSheet(f"background: {look.line}")
        for row in (*self.rows, self.extra):
            row.set_colour(colour)


class PredictionRow(QAbstractButton):
    """One class: a bar from 0 to 100 % of the row's width, the name and the probability.

    Of a feature: a bar as long as its share of the largest, the name and the value.
    """

    def __init__(self, column: str, state: ExplorerState) -> None:
        super().__init__()
        self._column = column
        self._index = 0
        self._name = ""
        self._share = 0.0
        self._shown = ""
        self._colour = QColor()
        self.is_target = False
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clicked.connect(lambda: state.set_target(self._index))

    def show_class(
        self, run: Pass, index: int, labels: tuple[str, ...], classes: bool = True
    ) -> None:
        """Show class ``index`` of ``run``, or the feature of a network without ``classes``."""
        self._index = index
        self._name = labels[index]
        self._share = float(run.probabilities[index])
        self._shown = shown = per_cent(self._share)
        if not classes:
            value, largest = float(run.logits[index]), float(np.abs(run.logits).max())
            self._share = abs(value) / largest if largest > 0 else 0.0
            self._shown = shown = number_text(value, 3)
        self.is_target = index == run.target
        self.setText(f"{self._name} {shown}")
        role = "target" if self.is_target else "make this the target"
        self.setAccessibleName(f"{self._name}, {shown}, {role}")
        self.setAccessibleDescription(self._column)
        deed = "This is the target." if self.is_target else "Click to make it the target."
        self.setToolTip(plain(f"{self._name}: {shown}. {deed}"))
        self.update()

    def set_colour(self, colour: str) -> None:
        self._colour = QColor(colour)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, self.fontMetrics().height() + 7)

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.sizeHint().height())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        look, metrics = theme.current(), self.fontMetrics()
        painter = QPainter(self)
        area = self.rect().adjusted(1, 1, -1, -1)
        painter.fillRect(area, QColor(look.line if self.underMouse() else look.raised))
        share = self._share if np.isfinite(self._share) else 0.0
        bar = QRectF(area)
        bar.setWidth(area.width() * share)
        fill = QColor(self._colour)
        fill.setAlpha(110)
        painter.fillRect(bar, fill)
        bar.setTop(bar.bottom() - 3)
        painter.fillRect(bar, self._colour)

        text = QRect(area.adjusted(_PADDING, 0, -_PADDING, -2))
        centred = Qt.AlignmentFlag.AlignVCenter
        shown = self._shown
        painter.setPen(QColor(look.text))
        painter.drawText(text, centred | Qt.AlignmentFlag.AlignRight, shown)
        text.setRight(text.right() - metrics.horizontalAdvance(shown) - _PADDING)
        name = f"◎ {self._name}" if self.is_target else self._name
        elided = metrics.elidedText(name, Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text, centred | Qt.AlignmentFlag.AlignLeft, elided)
        painter.setPen(QPen(QColor(look.accent), 2))
        if self.is_target:
            painter.drawRect(area)
        if self.hasFocus():
            painter.setPen(QPen(QColor(look.text), 1, Qt.PenStyle.DashLine))
            painter.drawRect(area.adjusted(3, 2, -3, -2))
