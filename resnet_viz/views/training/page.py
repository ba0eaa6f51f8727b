"""Live training: a residual network and its plain twin, side by side on the same batches."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout

from resnet_viz.engine.channel import Channel
from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.export.session import file_of, kept_file
from resnet_viz.figures import training_words as words
from resnet_viz.figures.figure import Figure
from resnet_viz.figures.training import RATIO_COLOURS, RATIO_TITLE, training
from resnet_viz.figures.training_history import History
from resnet_viz.results.live_training import (
    TWINS,
    GoTo,
    Pause,
    Resume,
    SetRate,
    Standing,
    StepOnce,
    TakeBack,
    TakenBack,
    TrainingRequest,
    Twin,
    TwinStep,
    layer_names,
)
from resnet_viz.results.recorded import RecordedRun, recorded_run
from resnet_viz.views.help.glossary import LinkedLabel
from resnet_viz.views.plots.strip import Cell, NetworkStrip
from resnet_viz.views.training.controls import TrainingControls, norm_of
from resnet_viz.views.training.curves import Curves
from resnet_viz.views.training.heat_map import HeatLegend, HeatMap
from resnet_viz.views.training.time_line import TimeLine
from resnet_viz.views.widgets import motion, theme
from resnet_viz.views.widgets.feature import Json, Key, choose
from resnet_viz.views.widgets.page import Page
from resnet_viz.views.widgets.plain_text import PlainLabel
from resnet_viz.views.widgets.progress_row import ProgressRow

_FRAMES = (33, 400)  # milliseconds between two drawings, at least and at most
_SPARE = 25  # drawing may take one part in so many of the time, since it takes it from training
_PULSES = 2.0  # seconds between two flashes of the strips, at least
_PLAYED = 60
"""Milliseconds from one step of a recorded run to the next."""
_STOPS = 10  # steps from one place to go to in a recorded run to the next
_NOWHERE = Standing(0, 0, False, 0.0, ())


class TrainingPage(Page):
    """Measurements go into the history as they come; a timer draws it, however fast they come.

    Until the first start a recorded run is played back, marked as such.
    """

    KEYS = {  # noqa: RUF012
        "start": Key("Space", "Start, pause or go on"),
        # Not the full stop: on a presenter's remote that blackens the screen.
        "step": Key("N", "A single step, the next one"),
        "reset": Key("R", "Back to the untrained networks"),
        "take_back": Key("U", "Take back what going on from an earlier step gave up"),
        "time": Key("← →", "Back and forth in time, on the time line"),
        "ends": Key("Home, End", "The first or the newest step, on the time line"),
    }

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self.channel = Channel(worker, "training", self)
        self.progress = ProgressRow(self.channel)
        self.controls = TrainingControls(self.progress)
        self.sentence = LinkedLabel()
        self.notice = PlainLabel()
        self.strips = {twin: NetworkStrip() for twin in TWINS}
        self.take_back = QPushButton("Take back (U)")
        self.take_back.setToolTip(
            "Return to the faint curves, which going on from an earlier step gave up; again: back "
            "to these. What was given up before that is gone."
        )
        self.take_back.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.maps: dict[Twin, HeatMap] = {
            "residual": HeatMap("Gradient norm of each layer at each step, residual twin"),
            "plain": HeatMap(f"{RATIO_TITLE}, each layer at each step", RATIO_COLOURS),
        }
        self.legend = HeatLegend("gradient norm of weights, L2")
        self.ratio_legend = HeatLegend("plain over residual gradient", RATIO_COLOURS)
        self.averaged = PlainLabel("Curves: faint as measured, strong averaged over about 10 steps")
        self.loss = Curves("loss")
        self.accuracy = Curves("accuracy")
        self.time_line = TimeLine()
        self.time_text = PlainLabel()
        self.history = History(0)
        self.standing = _NOWHERE
        self.request: TrainingRequest | None = None
        """That of the run on screen; None before the first."""
        self._asked: TrainingRequest | None = None
        self._running = False
        """What the user wants; `_pausing` while that is no longer so and not yet obeyed."""
        self._pausing = False
        self._told = 0
        self._went = False
        self._drawn = 0
        self._pulsed = 0.0
        self.recorded: RecordedRun | None = recorded_run()
        """The recorded run, while that is what is on screen."""
        self._played = 0
        self._player = QTimer(self, interval=_PLAYED)
        self._player.timeout.connect(self._play_step)
        self._arrange()
        self._frame = QTimer(self, singleShot=True, interval=_FRAMES[0])
        self._frame.timeout.connect(self._draw_in_time)
        self._began = 0.0
        self._painted = QTimer(self, singleShot=True, interval=0)
        self._painted.timeout.connect(self._pace)
        self._connect()
        self._show_networks(self.controls.request())
        self.retheme()

    def _arrange(self) -> None:
        middle = QGridLayout()
        middle.setHorizontalSpacing(16)
        middle.setVerticalSpacing(4)
        for column, twin in enumerate(TWINS):
            middle.addWidget(self.strips[twin], 0, column)
            middle.addWidget(self.maps[twin], 1, column)
            middle.setColumnStretch(column, 1)
        left = Qt.AlignmentFlag.AlignLeft
        middle.addWidget(self.legend, 2, 0, left)
        middle.addWidget(self.ratio_legend, 2, 1, left)
        middle.addWidget(self.loss, 3, 0)
        middle.addWidget(self.accuracy, 3, 1)
        middle.setRowStretch(1, 3)
        middle.setRowStretch(3, 2)
        time = QHBoxLayout()
        time.addWidget(self.time_text)
        time.addWidget(self.time_line, 1)
        time.addWidget(self.averaged)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(8, 6, 8, 4)
        rows.setSpacing(4)
        rows.addWidget(self.controls)
        said = QHBoxLayout()
        said.addWidget(self.sentence, 1)
        said.addWidget(self.notice)
        said.addWidget(self.take_back)
        rows.addLayout(said)
        rows.addLayout(middle, 1)
        rows.addLayout(time)

    def _connect(self) -> None:
        controls = self.controls
        controls.started.connect(self._start_or_pause)
        controls.stepped.connect(self._step)
        controls.was_reset.connect(self.reset)
        controls.preset_chosen.connect(self.reset)
        controls.changed.connect(self._settings_changed)
        controls.rate_changed.connect(self._rate_changed)
        controls.view_changed.connect(self._soon)
        self.time_line.asked.connect(self._go_to)
        self.take_back.clicked.connect(self._take_back)
        self.progress.cancel.clicked.connect(self._cancelled)
        self.channel.updated.connect(self._take)
        self.channel.failed.connect(self._failed)
        for name, handler in (
            ("start", self._start_or_pause),
            ("step", self._step),
            ("reset", self.reset),
            ("take_back", self._take_back),
        ):
            shortcut = QShortcut(QKeySequence(self.KEYS[name].keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(handler)

    def choices(self) -> dict[str, Json]:
        """What the next run is to be."""
        request = self.controls.request()
        kept = {name: getattr(request, name) for name in ("depth", "batch_size", "rate")}
        return {
            **kept,
            "norm": norm_of(request),
            "whole_run": self.controls.view.currentData(),
            "data": {
                "kind": request.data.kind,
                "path": kept_file(request.data.path),
                "limit": request.data.limit,
            },
        }

    def restore(self, choices: Mapping[str, Json]) -> None:
        controls = self.controls
        for name, box in (
            ("depth", controls.layers),
            ("norm", controls.norm),
            ("batch_size", controls.batch),
            ("whole_run", controls.view),
        ):
            choose(box, choices.get(name))
        if isinstance(data := choices.get("data"), Mapping):
            controls.show_data(data.get("kind"), file_of(data.get("path")), data.get("limit"))
        if isinstance(choices.get("rate"), int | float):
            controls.rate.setValue(choices["rate"])
        controls.name_preset()
        controls.changed.emit()

    # ---- what the user asks for

    def _start_or_pause(self) -> None:
        self._set_running(not self._running)
        self._tell(Resume() if self._running else Pause())

    def _step(self) -> None:
        self._set_running(False)
        self._tell(StepOnce())

    def _tell(self, command: object) -> None:
        """Tell the task, and begin one if there is none."""
        if not self.channel.running:
            self._asked = self.controls.request()
            self._told = 0
            if self._forget_recording():
                self._show_networks(self._asked)
            self.channel.start(self._asked)
        self._went = False
        self._tell_task(command)

    def _tell_task(self, command: object) -> None:
        """Tell the task, if there is one."""
        if self.channel.running:
            self._told += 1
            self.channel.tell(command)

    def reset(self) -> None:
        """Drop the run and show the networks that are chosen, untrained."""
        self._forget_recording()
        self.channel.stop()
        self.progress.hide()
        self.request = self._asked = None
        self._set_running(False)
        self._show_networks(self.controls.request())

    def _settings_changed(self) -> None:
        if self.request is None and not self.channel.running:
            self._forget_recording()
            self._show_networks(self.controls.request())
        self._show_notice()

    def _show_notice(self) -> None:
        running = self._asked or self.request
        if self.recorded is not None:
            self.notice.setText("Recorded run")
            self.notice.setToolTip(f"Recorded with {self.recorded.versions}")
            return
        self.notice.setText(
            words.needs_restart(self.controls.request(), running) if running else ""
        )
        self.notice.setToolTip("")

    def _rate_changed(self, rate: float) -> None:
        self._tell_task(SetRate(round(rate, 4)))

    def _take_back(self) -> None:
        if self.history.given_up is not None:
            self._set_running(False)
            self._went = True
            self._tell_task(TakeBack())

    def _go_to(self, step: int) -> None:
        if self.recorded is not None:
            self._player.stop()
            self.standing = replace(self.standing, step=step)
            self._soon()
            return
        self._set_running(False)
        self._went = True
        self._tell_task(GoTo(step))

    def _set_running(self, running: bool) -> None:
        self._pausing = not running and self.channel.running and (self._running or self._pausing)
        self._running = running
        self.controls.show_running(running, self._pausing)

    # ---- what the task says

    def _take(self, update: object) -> None:
        if self._asked is not None and self.request is not self._asked:
            self.request = self._asked
            self.say("")  # it has begun, so what was wrong is mended
            self._show_networks(self.request)
            self.progress.hide()
        if isinstance(update, TwinStep):
            self.history.append(update)
            self._soon()
        elif isinstance(update, TakenBack):
            self.history.exchange(update.step)
        elif isinstance(update, Standing):
            self.history.truncate(update.newest)
            if self._went and not update.running:
                self.controls.show_rate(update.rate)
            self.standing = update
            if update.diverged and len(update.diverged) == len(TWINS):
                self._set_running(False)
            if self._pausing and not update.running and update.told == self._told:
                self._pausing = False
                self.controls.show_running(self._running)
            self._soon()

    def _cancelled(self) -> None:
        self._asked = self.request = None
        self._set_running(False)
        self._show_notice()

    def _failed(self, sentence: str) -> None:
        self._cancelled()
        self.say(sentence)

    # ---- the recorded run

    def _play(self) -> None:
        """Go on with the recorded run; or show it whole, where nothing is to move."""
        recorded = self.recorded
        if recorded is None or self.standing.step < self.standing.newest:
            return
        if motion.milliseconds():
            self._player.start()
            return
        while self._played < len(recorded.steps):
            self._play_step()

    def _play_step(self) -> None:
        recorded = self.recorded
        if recorded is None or self._played >= len(recorded.steps):
            self._player.stop()
            return
        for step in recorded.steps[self._played : self._played + len(TWINS)]:
            self.history.append(step)
        self._played += len(TWINS)
        newest, rate = self.history.newest, recorded.request.rate
        stops = tuple(range(0, newest + 1, _STOPS))
        self.standing = Standing(newest, newest, False, rate, stops)
        self._soon()

    def _forget_recording(self) -> bool:
        """Play no more; False if the recorded run was not on screen."""
        self._player.stop()
        was, self.recorded = self.recorded, None
        return was is not None

    # ---- drawing

    @property
    def position(self) -> int:
        """The step that is on screen: the newest, or the one that was gone back to."""
        went_back = self.standing.step < self.standing.newest
        return self.standing.step if went_back else self.history.newest

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._play()
        self._soon()

    def hideEvent(self, event: QHideEvent) -> None:
        """Draw nothing that nobody sees."""
        super().hideEvent(event)
        self._frame.stop()
        self._player.stop()

    def figures(self) -> tuple[Figure, ...]:
        """The whole run, at the step on screen; nothing before the first step."""
        if not self.history.newest:
            return ()
        request = self.request or self.controls.request()
        about = " and ".join(words.title(twin, request) for twin in TWINS)
        if self.recorded is not None:
            about = f"Recorded: {about}"
        layers = layer_names(request.depth)
        return (training(self.history, self.position, self.standing, layers, about),)

    def retheme(self) -> None:
        self.controls.retheme()
        for strip in self.strips.values():
            strip.retheme()
        for curves in (self.loss, self.accuracy):
            curves.retheme()
        look = theme.current()
        self.averaged.setStyleSheet(f"color: {look.muted}")
        self.notice.setStyleSheet(f"color: {look.warning}")
        self._draw()

    def _show_networks(self, request: TrainingRequest) -> None:
        """Both networks without measurements."""
        layers = layer_names(request.depth)
        self.history = History(len(layers))
        self.standing = _NOWHERE
        for twin in TWINS:
            cells = [Cell("conv1", 0, False)]
            for name in layers[1:-1:2]:
                block = name.removesuffix(".conv1")
                cells.append(Cell(block, int(block[5]), twin == "residual"))
            cells.append(Cell("fc", 0, False))
            self.strips[twin].show_network(words.title(twin, request), cells)
            self.maps[twin].show_layers(layers)
        self._drawn = 0
        self._show_notice()
        self._draw()

    def _soon(self) -> None:
        if self.isVisible() and not self._frame.isActive():
            self._frame.start()

    def _draw_in_time(self) -> None:
        self._began = time.perf_counter()
        self._draw()
        self._painted.start()

    def _pace(self) -> None:
        """Draw less often where drawing takes long."""
        taken = 1000 * (time.perf_counter() - self._began)
        self._frame.setInterval(round(min(_FRAMES[1], max(_FRAMES[0], _SPARE * taken))))

    def _draw(self) -> None:
        history, position = self.history, self.position
        newest = history.newest
        whole = bool(self.controls.view.currentData())
        norms, scale = history.tracks["residual"].norms, history.scale
        self.maps["residual"].show_norms(norms, scale, newest, position, whole)
        ratios, scale = history.ratios, history.ratio_scale
        self.maps["plain"].show_norms(ratios, scale, newest, position, whole)
        # While one step follows the other, flashing would take longer than all other drawing.
        pulse = position != self._drawn and time.perf_counter() > self._pulsed + _PULSES
        if pulse:
            self._pulsed = time.perf_counter()
        for twin, track in history.tracks.items():
            strip = self.strips[twin]
            if 0 < position <= track.count:
                strip.show_values(block_norms(track.norms[position - 1]), history.scale)
                if pulse:
                    strip.pulse()
            elif not position:
                strip.show_values(None, None)
        self._drawn = position
        self.legend.show_scale(history.scale)
        self.ratio_legend.show_scale(history.ratio_scale)
        self.take_back.setVisible(history.given_up is not None)
        for curves in (self.loss, self.accuracy):
            curves.show_history(history, position)
        self.time_line.show_time(position, newest, self.standing.checkpoints)
        self.time_text.setText(self.time_line.text())
        self.sentence.say_plain(self._sentence(words.measured(history, position, self.standing)))

    def _sentence(self, measured: str) -> str:
        """With what has to be known before a start: what is played back, how long it will take."""
        if self.recorded is not None:
            return words.played(measured, self.recorded)
        example = recorded_run()
        if self.history.newest or example is None:
            return measured
        return f"{measured} {words.takes(self._asked or self.controls.request(), example)}"


def block_norms(norms: np.ndarray) -> list[float]:
    """Norms of the layers to those of the blocks: conv1, two layers together for each block, fc."""
    pairs = norms[1:-1].reshape(-1, 2)
    return [float(norms[0]), *np.hypot(pairs[:, 0], pairs[:, 1]).tolist(), float(norms[-1])]
