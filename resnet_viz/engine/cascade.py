"""The cascade: the skips go off one after the other, each when the result before it is there."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Literal

from PySide6.QtCore import QObject, QTimer, Signal

from resnet_viz.engine.state import ExplorerState
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.cascade import TracePoint
from resnet_viz.results.result import Result, Snapshot

Order = Literal["input", "output", "random"]
Phase = Literal["idle", "running", "paused"]

DEFAULT_PAUSE = 400


class Cascade(QObject):
    """Switches skips off, or on again, one by one, and keeps a trace of what came of it.

    It goes on only when the result of its last step is there and ``pause`` milliseconds have
    passed, so a slow network is never left behind. Whatever else changes in the state (a skip by
    hand, another photo, an error that went back) ends it; the trace is kept as long as the network,
    the photo and the target stay as they were.
    """

    changed = Signal()
    """The phase, the position or the trace is another."""

    def __init__(self, state: ExplorerState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._result: Result | None = None
        self._subject: Snapshot | None = None  # of the trace, with all skips on
        self._awaited: Snapshot | None = None
        self._here = False  # the awaited result has come
        self._run = object()  # all switching from a start to its end is one step to undo
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._step)
        self.order: Order = "input"
        self.seed = 0
        self.pause_ms = DEFAULT_PAUSE
        self.phase: Phase = "idle"
        self.falling = True
        self.position = 0
        self.reached = 0  # the position of the last result; `position` may be one ahead
        self.sequence: tuple[str, ...] = ()
        self.trace: dict[int, TracePoint] = {}
        state.snapshot_changed.connect(self._state_changed)
        state.frame_changed.connect(self._state_changed)

    @property
    def skips(self) -> tuple[str, ...]:
        """The skips of the network on screen; none before the first result."""
        return tuple(self._result.structure.skips) if self._result else ()

    def ordered(self, skips: tuple[str, ...]) -> tuple[str, ...]:
        """``skips``, which run from input to output, in the order in which they go off."""
        if self.order == "input":
            return skips
        if self.order == "output":
            return skips[::-1]
        return tuple(random.Random(self.seed).sample(skips, len(skips)))

    def toggle(self) -> None:
        """Start, pause or go on. It starts with all skips on, or, where none is, with all off."""
        if self.phase == "running":
            self._timer.stop()
            self._set_phase("paused")
        elif self.phase == "paused":
            self._set_phase("running")
            self._go_on(0)
        elif self.skips and self._all_off:
            self.back()
        else:
            self._start()

    def back(self) -> None:
        """Switch the skips on again one by one, the last first, from where the cascade is."""
        if not self.skips or (self.phase != "idle" and not self.falling):
            return
        if self.phase == "idle" and not self._where_it_left_off:
            if not self._all_off:
                return
            self._begin_trace()
            self.position = len(self.sequence)
        if self.phase == "idle":
            self._run = object()
        self.falling = False
        self._set_phase("running")
        self._ask(self.position)

    def stop(self) -> None:
        """End here; the skips stay as they are."""
        self._timer.stop()
        self._awaited = None
        self._set_phase("idle")

    def show_result(self, result: Result) -> None:
        """Take the explorer's newest result; it may be the one that the cascade waits for."""
        self._result = result
        if self._subject is not None and _all_on(result.snapshot) != self._subject:
            self._forget()
        if self.phase != "idle" and result.snapshot == self._awaited:
            self._record(result)

    @property
    def can_go_back(self) -> bool:
        """True if there are skips that `back` would switch on."""
        if self.phase != "idle":
            return self.falling
        return bool(self.skips) and (self._all_off or self._where_it_left_off)

    @property
    def _all_off(self) -> bool:
        return not any(map(self._state.snapshot.gates.skip, self.skips))

    @property
    def _where_it_left_off(self) -> bool:
        """True if the skips are as the cascade's last step set them, and not all on."""
        snapshot = self._state.snapshot
        return self.position > 0 and snapshot == self._at(self.position)

    def _at(self, position: int) -> Snapshot:
        """The state with the first ``position`` skips of the sequence off and the others on."""
        start = _all_on(self._state.snapshot)
        return replace(start, gates=start.gates.with_skips(self.sequence[:position], 0.0))

    def _begin_trace(self) -> None:
        self.sequence = self.ordered(self.skips)
        self._subject = _all_on(self._state.snapshot)
        self.trace = {}
        self.position = 0

    def _start(self) -> None:
        if not self.skips:
            return
        self._begin_trace()
        self._run = object()
        self.falling = True
        self._set_phase("running")
        self._ask(0)

    def _ask(self, position: int) -> None:
        self.position = position
        self._here = False
        self._awaited = self._at(position)
        self._state.set_gates(self._awaited.gates, "cascade", self._run)
        # What is already on screen is not computed again.
        if self._result is not None and self._result.snapshot == self._awaited:
            self._record(self._result)

    def _record(self, result: Result) -> None:
        run, off = result.now, self.position
        best = run.top(1)[0]
        self.trace[off] = TracePoint(
            off,
            self.sequence[off - 1] if off else "",
            run.blocks[0].gradient_norm,
            float(run.probabilities[run.target]),
            result.labels[best],
            float(run.probabilities[best]),
        )
        self._here, self.reached = True, off
        if self.phase == "running":
            self._go_on(self.pause_ms)
        self.changed.emit()

    def _go_on(self, delay: int) -> None:
        """Take the next step after ``delay`` ms, once the awaited result is here."""
        if not self._here:
            return
        if self.position == (len(self.sequence) if self.falling else 0):
            self.stop()
        else:
            self._timer.start(delay)

    def _step(self) -> None:
        self._ask(self.position + (1 if self.falling else -1))

    def _state_changed(self, snapshot: Snapshot) -> None:
        if self.phase != "idle" and snapshot != self._awaited:
            self.stop()

    def _forget(self) -> None:
        self.trace, self.sequence, self.position = {}, (), 0
        self._subject = None
        self.changed.emit()

    def _set_phase(self, phase: Phase) -> None:
        self.phase = phase
        self.changed.emit()


def _all_on(snapshot: Snapshot) -> Snapshot:
    return replace(snapshot, gates=GateSettings.of({}, snapshot.gates.branches))
