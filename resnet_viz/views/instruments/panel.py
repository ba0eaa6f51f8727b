"""What the panels of the instruments page have in common: words, a button, progress, a label."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import ClassVar

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.engine.channel import Channel
from resnet_viz.engine.photo_strip import PhotoStrip
from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.figures.numbers import duration_text
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.result import Result, Snapshot
from resnet_viz.views.help.glossary import LinkedLabel
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.feature import Feature
from resnet_viz.views.widgets.plain_text import PlainLabel
from resnet_viz.views.widgets.progress_row import ProgressRow
from resnet_viz.views.widgets.scrolling import put_into

NOTHING = "Nothing has been measured yet."
STALE = "The explorer has moved on since; measure again."


class Panel(Feature):
    """One instrument: it says what it shows, and measures when its button is clicked.

    Where nothing is on screen and a measurement takes no longer than ``SHORT`` seconds, it measures
    by itself when it is looked at. How long one takes is said before it starts.

    A panel gives its words (``NAME`` is its channel's), puts its choices into ``options`` and its
    plots into ``area``, makes its task's request in `request` and draws what comes in `show_update`
    after it has called `label`. What is on screen stays there until the next measurement gives
    something; it is marked as stale when the explorer shows something else. What `precomputed`
    gives is there without a measurement, as long as nothing was measured. ``photos`` gives the
    paths of the window's strip of photos.
    """

    NAME: ClassVar[str]
    SHOWS: ClassVar[str]
    """One sentence: what it shows."""
    PAPER: ClassVar[str]
    """Authors, year and section."""
    ARXIV: ClassVar[str]
    """The paper's number, such as "1605.06431"."""
    SHORT: ClassVar[float] = 5.0
    """Seconds that a measurement may take that nobody has asked for."""

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__()
        self.state, self.worker, self.say = state, worker, say
        self.photos: Callable[[], tuple[str, ...]] = lambda: ()
        self.channel = Channel(worker, f"instrument {self.NAME}", self)
        self._measured: Snapshot | None = None
        self._precomputed = True
        self._begun = False
        self._pass_seconds: float | None = None
        self._label = NOTHING

        self.heading = PlainLabel()
        self.takes = PlainLabel()
        self.shows = LinkedLabel()
        self.measure = QPushButton("Measure")
        self.progress = ProgressRow(self.channel)
        self.options = QHBoxLayout()
        self.options.addWidget(self.measure)
        self.measured = PlainLabel()
        self.measured.setWordWrap(True)
        self.area = QVBoxLayout()
        self.area.setContentsMargins(0, 0, 0, 0)
        self._lay_out()

        self.measure.clicked.connect(self._start)
        self.progress.cancel.clicked.connect(lambda: self.measure.setEnabled(True))
        self.channel.updated.connect(self._updated)
        self.channel.ended.connect(lambda: self.measure.setEnabled(True))
        self.channel.failed.connect(self._failed)
        state.snapshot_changed.connect(lambda _: self._changed())

    def _lay_out(self) -> None:
        plots = _Plots()
        plots.setLayout(self.area)
        self.scroller = QScrollArea()
        put_into(self.scroller, plots)
        self.scroller.setFrameShape(QFrame.Shape.NoFrame)
        heading = QHBoxLayout()
        heading.addWidget(self.heading)
        heading.addSpacing(24)
        heading.addWidget(self.takes)
        heading.addSpacing(24)
        heading.addWidget(self.progress, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(12, 8, 12, 8)
        rows.addLayout(heading)
        rows.addWidget(self.shows)
        rows.addLayout(self.options)
        rows.addWidget(self.measured)
        rows.addWidget(self.scroller, 1)

    @property
    def settled(self) -> bool:
        return not self.channel.running

    def take_strip(self, strip: PhotoStrip) -> None:
        """Take the photos to step through; for a panel that has something to say of them."""

    def request(self) -> object:
        """The task that measures what is chosen now.

        Raises:
            ValueError: it cannot be measured; the sentence says what to do instead.
        """
        raise NotImplementedError

    def show_update(self, update: object) -> None:
        """Draw what the task has measured; call `label` as well."""
        raise NotImplementedError

    def precomputed(self, snapshot: Snapshot) -> object | None:
        """What comes with the program for the network on screen, as an update, or None."""
        return None

    def showEvent(self, event: QShowEvent) -> None:
        """Never blank: what comes with the program is there at once."""
        super().showEvent(event)
        self._show_precomputed()
        self._begin_if_short()

    def passes(self) -> float | None:
        """How many passes of the network on screen the measurement is worth; None: not known.

        The factors were measured on a CPU; they are good for "about".
        """
        return None

    def seconds(self) -> float | None:
        """About how long the measurement that is chosen takes, by the explorer's last pass."""
        passes = self.passes()
        if passes is None or self._pass_seconds is None:
            return None
        return passes * self._pass_seconds

    def show_pass(self, result: Result) -> None:
        """Take the time of the explorer's newest pass, by which the time of others is told."""
        if self._pass_seconds is None:
            for box in self.findChildren(QComboBox):
                box.currentIndexChanged.connect(self._tell_time)
            for number in self.findChildren(QSpinBox):
                number.valueChanged.connect(self._tell_time)
        self._pass_seconds = result.now.milliseconds / 1000
        self._tell_time()
        if self.isVisible():
            self._mark()
            self._begin_if_short()

    def _tell_time(self) -> None:
        seconds = self.seconds()
        text = "" if seconds is None else f"Measuring takes {duration_text(seconds)}."
        self.takes.setText(text)
        self.measure.setToolTip(text)

    def _begin_if_short(self) -> None:
        """Never blank: measure what is quickly measured, once."""
        if self._begun or self._measured is not None or self._pass_seconds is None:
            return
        seconds = self.seconds()
        if seconds is None or seconds > self.SHORT:
            return
        self._begun = True
        try:
            request = self.request()
        except ValueError:
            return  # it is said when it is asked for
        self.channel.start(request)  # Measure can be clicked meanwhile, and takes its place

    def entitle(self, title: str) -> None:
        super().entitle(title)
        self.heading.setText(title)

    def depends_on(self, snapshot: Snapshot) -> Hashable:
        """What of a snapshot the measurement depends on: by default all but gates and device."""
        return replace(snapshot, gates=GateSettings(), device="auto")

    def label(self, text: str, snapshot: Snapshot) -> None:
        """Say under the button what is on screen: measured on what, from which snapshot."""
        self._measured, self._label = snapshot, text
        self._mark()

    @property
    def stale(self) -> bool:
        """True if what is on screen was measured on something else than the explorer shows."""
        return self._measured is not None and self.depends_on(self._measured) != self.depends_on(
            self.state.snapshot
        )

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        look = theme.current()
        self.takes.setStyleSheet(f"color: {look.muted}")
        self.heading.setStyleSheet(f"font-size: {1.45 * look.point_size:.1f}pt; font-weight: 600")
        self.shows.say(
            f'{self.SHOWS} <span style="color: {look.muted}">{self.PAPER}, '
            f'<a style="color: {look.accent}" href="https://arxiv.org/abs/{self.ARXIV}">'
            f"arXiv:{self.ARXIV}</a>.</span>"
        )
        self._mark()

    def _changed(self) -> None:
        """The explorer has moved on: show what belongs to it, or mark what does not."""
        if self.isVisible():
            self._show_precomputed()
        self._mark()

    def _show_precomputed(self) -> None:
        if not self._precomputed or (self._measured is not None and not self.stale):
            return
        update = self.precomputed(self.state.snapshot)
        if update is not None:
            self.show_update(update)

    def _updated(self, update: object) -> None:
        """Draw what the task has measured, which stays."""
        self._precomputed = False
        self._begun = True
        self.show_update(update)

    def begin(self) -> None:
        """Press the button that measures, if it can be pressed."""
        if self.measure.isEnabled():
            self.measure.click()

    def _start(self) -> None:
        try:
            request = self.request()
        except ValueError as error:
            self.say(str(error))
            return
        self.say("")  # what kept an earlier one from being measured
        self.measure.setEnabled(False)
        self.channel.start(request)

    def _failed(self, sentence: str) -> None:
        self.measure.setEnabled(True)
        self.say(sentence)

    def _mark(self) -> None:
        look, stale = theme.current(), self.stale
        self.measured.setText(f"{self._label} {STALE}" if stale else self._label)
        sheet = f"color: {look.warning if stale else look.muted}"
        if sheet != self.measured.styleSheet():  # setting the same one takes as long
            self.measured.setStyleSheet(sheet)


class _Plots(QWidget):
    """Plots that are as small as their least sizes before the area around them scrolls."""

    def heightForWidth(self, width: int) -> int:
        layout = self.layout()
        return -1 if layout is None else layout.totalMinimumHeightForWidth(width)
