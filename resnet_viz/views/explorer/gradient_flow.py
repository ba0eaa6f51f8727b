"""Gradient flow: the gradient's norm at every block, with the skips as they are and with all on."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.engine.state import ExplorerState
from resnet_viz.figures.figure import Chart, Figure
from resnet_viz.figures.gradient_flow import gradient_flow, norms
from resnet_viz.figures.gradient_words import lengthy, remark, sentence, short_sentence
from resnet_viz.figures.scale import Scale
from resnet_viz.results.result import Result
from resnet_viz.views.explorer.gradient_legend import Legend
from resnet_viz.views.explorer.panel import ExplorerPanel
from resnet_viz.views.help.glossary import LinkedLabel
from resnet_viz.views.plots.curve_motion import CurveMotion
from resnet_viz.views.plots.plot import Plot
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.feature import Json, Key
from resnet_viz.views.widgets.plain_text import PlainLabel, plain

_TIGHT = 14  # lines of text in the view's height, below which the stages go unnamed
_PLOT = 0.5  # of the view's height that the plot keeps, whatever there is to say

Form = Literal["long", "short", "tight"]
"""All words; a short remark; or one short text for all."""


class GradientFlowView(ExplorerPanel):
    """The L2 norm of the gradient of the target's logit at each block's output, from stem to last.

    Two curves are always drawn: the skips as they are now, and all of them on. Where only the gates
    have changed, the curve and the axis move to the new result, so that an audience sees the fall.
    """

    KEYS = {"blocks": Key("← →", "Previous or next block")}  # noqa: RUF012

    def __init__(self, state: ExplorerState, parent: QWidget | None = None) -> None:
        super().__init__(state, parent)
        self._result: Result | None = None
        self._scale = Scale.covering([])
        self._fit: tuple[object, ...] = ()
        self._form: Form = "long"
        self.motion = CurveMotion(self)
        self.motion.moved.connect(self._move)
        self.setAccessibleName("Gradient flow")

        self.empty = PlainLabel("Gradient flow appears with the first pass.")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.empty.setWordWrap(True)
        self.sentence = LinkedLabel()
        self.caption = PlainLabel()
        self.caption.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.hold = QCheckBox("Hold scale")
        self.hold.setToolTip("Keep the vertical range, so that results can be compared.")
        self.hold.toggled.connect(self._hold_toggled)
        self.remark = LinkedLabel()
        for label in (self.sentence, self.remark):
            label.network_asked.connect(state.set_network)
        self.legend = Legend()
        self.drawing = Plot("Gradient norm at each block", least=90, bare=True)
        self.plot: Any = self.drawing.plot
        self.readout, self.selected = self.drawing.readout, self.drawing.marker
        self.crosses = self.drawing.crosses
        self.drawing.clicked.connect(lambda index: state.select_block(self._names()[index]))
        for key, step in ((Qt.Key.Key_Left, -1), (Qt.Key.Key_Right, 1)):
            shortcut = QShortcut(key, self.plot)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(lambda step=step: self._step(step))

        below = QHBoxLayout()
        below.addWidget(self.legend, 1)
        below.addWidget(self.hold)
        page = QWidget()
        rows = QVBoxLayout(page)
        rows.setContentsMargins(8, 4, 8, 4)
        rows.setSpacing(3)
        rows.addWidget(self.sentence)
        rows.addWidget(self.caption)
        rows.addWidget(self.drawing, 1)
        rows.addLayout(below)
        rows.addWidget(self.remark)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(page)

        state.block_changed.connect(self._block_changed)
        self.retheme()

    def show_result(self, result: Result) -> None:
        """Draw the gradient norms of ``result``."""
        before, self._result = self._result, result
        same = before is not None and result.snapshot == replace(
            before.snapshot, gates=result.snapshot.gates
        )
        held = self._scale if self.hold.isChecked() else None
        self._scale = Scale.covering([*norms(result.now), *norms(result.all_on)], held)
        self._pages.setCurrentIndex(1)
        self._fit_texts()
        self._draw()
        self.legend.describe(result, self.drawing.chart)
        (self.motion.move if same else self.motion.jump)(norms(result.now), self._scale)
        self._move()

    def figures(self) -> tuple[Figure, ...]:
        """What is on screen; nothing before the first result."""
        if self._result is None:
            return ()
        names, index = self._names(), self._selected_index()
        block = "" if index is None else names[index]
        return (gradient_flow(self._result, self._scale, block),)

    @property
    def curve_now(self) -> Any:
        return self.drawing.lines[0]

    @property
    def curve_all_on(self) -> Any:
        return self.drawing.lines[1]

    @property
    def edge_now(self) -> Any:
        return self.drawing.edges[0]

    @property
    def edge_all_on(self) -> Any:
        return self.drawing.edges[1]

    @property
    def controls(self) -> Sequence[QWidget]:
        return (self.hold,)

    def choices(self) -> dict[str, Json]:
        return {"hold_scale": self.hold.isChecked()}

    def restore(self, choices: Mapping[str, Json]) -> None:
        if isinstance(choices.get("hold_scale"), bool):
            self.hold.setChecked(choices["hold_scale"])

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        look = theme.current()
        for label in (self.empty, self.caption, self.remark):
            label.setStyleSheet(f"color: {look.muted}")
        self.drawing.retheme()
        self.legend.retheme()
        if self._result is not None:
            self._fit_texts()

    def sizeHint(self) -> QSize:
        return QSize(560, 300)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._result is not None:
            self._fit_texts()
            self.drawing.set_compact(self.height() < _TIGHT * self.fontMetrics().lineSpacing())

    def _names(self) -> list[str]:
        return [block.name for block in self._result.now.blocks] if self._result else []

    def _selected_index(self) -> int | None:
        names = self._names()
        if self._state.block in names:
            return names.index(self._state.block)
        return len(names) - 1 if names and not self._state.block else None

    def _say(self, result: Result, form: Form) -> None:
        """Put the words about ``result`` into the labels."""
        self.remark.say("" if form == "tight" else remark(result, short=form == "short"))
        if form == "tight":
            short = html.escape(short_sentence(result))
            self.sentence.say(f"{short} {remark(result, short=True)}".strip())
        else:
            self.sentence.say_plain(sentence(result))

    def _keep_room(self, result: Result) -> Form:
        """Keep room for the longest words about this network, so that the plot keeps its height.

        Gives the longest form that leaves enough to the plot.
        """
        look, snapshot = theme.current(), result.snapshot
        fit = (
            self.size(), look.point_size, snapshot.network, result.weights, result.labels,
            result.now.target, bool(snapshot.gates.branches),
        )  # fmt: skip
        if fit == self._fit:
            return self._form
        self._fit = fit
        for label in (self.sentence, self.remark):
            label.setMinimumHeight(0)  # else what was kept before would be measured
        width = self.width() - 16
        forms: tuple[Form, ...] = ("long", "short", "tight")
        for form in forms:
            heights = [0, 0]
            for one in (result, *lengthy(result)):
                self._say(one, form)
                for number, label in enumerate((self.sentence, self.remark)):
                    if label.said:
                        needed = label.heightForWidth(width)
                        heights[number] = max(heights[number], needed)
            rest = self.legend.sizeHint().height() + 5 * 3 + 8
            rest += 0 if form == "tight" else self.caption.sizeHint().height()
            if self.height() - rest - sum(heights) >= _PLOT * self.height():
                break
        self.sentence.setMinimumHeight(heights[0])
        self.remark.setMinimumHeight(heights[1])
        self.remark.setVisible(heights[1] > 0)
        self.caption.setVisible(form != "tight")
        self._form = form
        return form

    def _fit_texts(self) -> None:
        """Set the texts around the plot; where it is too low for the remark, a tooltip has it."""
        assert self._result is not None
        metrics = self.fontMetrics()
        form = self._keep_room(self._result)
        words, whole = sentence(self._result), remark(self._result)
        self._say(self._result, form)
        self.remark.setToolTip("" if form == "long" else whole)
        self.sentence.setToolTip(f"{html.escape(words)} {whole}".strip() if form == "tight" else "")
        self.plot.setAccessibleDescription(words)
        label = self._result.labels[self._result.now.target]
        caption = f"Gradient of the logit of “{label}”, L2 norm"
        width = self.width() - 24
        frame = metrics.horizontalAdvance("Gradient of logit “”")
        short = metrics.elidedText(label, Qt.TextElideMode.ElideRight, max(0, width - frame))
        texts = (caption, f"Gradient of the logit of “{label}”", f"Gradient of logit “{short}”")
        fitting = (text for text in texts if metrics.horizontalAdvance(text) <= width)
        self.caption.setText(next(fitting, texts[-1]))
        self.caption.setToolTip(plain(caption))

    def _draw(self) -> None:
        for figure in self.figures():
            if isinstance(chart := figure.panels[0], Chart):
                self.drawing.show_chart(chart)

    def _move(self) -> None:
        """Draw the curve and the axis where they are on their way."""
        if self._result is not None:
            heights = self.motion.heights if self.motion.moving else None
            self.drawing.on_the_way(self.motion.low, self.motion.high, heights)

    def _hold_toggled(self, held: bool) -> None:
        if not held and self._result is not None:
            result = self._result
            self._scale = Scale.covering([*norms(result.now), *norms(result.all_on)])
            self._draw()
            self.motion.move(norms(result.now), self._scale)
            self._move()

    def _block_changed(self) -> None:
        index = self._selected_index()
        self.drawing.set_marker(None if index is None else float(index))

    def _step(self, step: int) -> None:
        index, names = self._selected_index(), self._names()
        if index is not None:
            self._state.select_block(names[min(len(names) - 1, max(0, index + step))])
