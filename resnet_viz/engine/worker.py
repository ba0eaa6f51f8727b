"""The worker: one thread for all that torch does, one thing at a time: passes before tasks."""

from __future__ import annotations

import logging
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal

from resnet_viz.analysis import memory
from resnet_viz.analysis.task import TaskContext
from resnet_viz.engine import tasks
from resnet_viz.networks.weights import WeightsError, WeightsUnavailable
from resnet_viz.results.result import Result, Snapshot
from resnet_viz.results.task import IDLE, Cancelled, Progress, TaskError

if TYPE_CHECKING:
    from resnet_viz.analysis.session import Session

log = logging.getLogger(__name__)

PATIENCE = 2.0
"""Seconds that `Worker.close` waits for what is running to stop."""


@dataclass(frozen=True)
class Failure:
    """Why ``snapshot`` has no result: a ``sentence`` for the user.

    ``kind`` is "unavailable" where weights are not at hand and could not be fetched, and "no_torch"
    where torch could not be imported; the next request tries that again.
    """

    snapshot: Snapshot
    sentence: str
    kind: Literal["unavailable", "no_torch", "other"] = "other"


@dataclass(eq=False)
class _Task:
    """A task, running or over; only the worker's thread touches ``updates``."""

    channel: str
    request: object
    stop: threading.Event = field(default_factory=threading.Event)
    inbox: deque[object] = field(default_factory=deque)
    updates: Iterator[object] | None = None
    idle: bool = False

    @property
    def ready(self) -> bool:
        return not self.idle or bool(self.inbox) or self.stop.is_set()

    def commands(self) -> list[object]:
        taken = []
        while self.inbox:
            taken.append(self.inbox.popleft())
        return taken


def open_session() -> tuple[Session, tuple[str, ...]]:
    """A session, and the devices that it can run on; the first time, this imports torch."""
    from resnet_viz.analysis import devices
    from resnet_viz.analysis.session import Session

    return Session(), devices.available()


class Worker(QObject):
    """Runs `Session` on a thread of its own, which also imports torch.

    A request that makes the running one stale cancels it between two blocks, and its result is
    dropped. A moved crop box alone does not, nor does the next frame of a camera or video: while
    they move, each finished pass is shown and the newest crop and frame are next, or a slow network
    would show nothing until they rest. The last request always finishes. Signals arrive on the
    thread that made the worker.

    Beside passes there are tasks, of which each channel has at most one: `start` one with a request
    that `engine.tasks` knows, `tell` it commands, `stop` it. A task gives way to passes whenever it
    yields, and several tasks take turns; where only the next frame waits, they take turns with it,
    or a camera would leave them no time. ``task_updated``, ``task_progressed``, ``task_ended`` and
    ``task_failed`` begin with the channel's name. A task runs, as far as anybody can ask, until its
    end has arrived; nothing arrives from one that was stopped or replaced.
    """

    finished = Signal(object)
    failed = Signal(object)
    cancelled = Signal(object)
    structure_known = Signal(object)
    devices_known = Signal(object)
    progressed = Signal(str, int, int)
    busy_changed = Signal(bool)
    task_updated = Signal(str, object)
    task_progressed = Signal(str, object)
    task_ended = Signal(str)
    task_failed = Signal(str, str)
    _arrived = Signal(object, object)

    def __init__(
        self,
        parent: QObject | None = None,
        open_session: Callable[[], tuple[Session, tuple[str, ...]]] = open_session,
    ) -> None:
        super().__init__(parent)
        self._open_session = open_session
        self._current: dict[str, _Task] = {}
        """Each channel's task, until its end was delivered; for the GUI's thread alone."""
        self._wake = threading.Condition()
        self._pending: Snapshot | None = None
        self._running: Snapshot | None = None
        self._before: Snapshot | None = None
        """What the last pass was of, if no task has had its turn since."""
        self._stop = threading.Event()
        self._closing = threading.Event()
        self._importing = False
        self._tasks: deque[_Task] = deque()
        # A daemon: Python would wait for it at its end, and nothing can interrupt an import.
        self._thread = threading.Thread(target=self._work, name="worker", daemon=True)
        self._started = False
        self._arrived.connect(self._deliver)

    def request(self, snapshot: Snapshot) -> None:
        """Ask for a result; at once, without waiting. An older request is stale from now on."""
        with self._wake:
            if self._closing.is_set():
                return
            running, stopping = self._running, self._stop.is_set()
            if snapshot == running and not stopping:
                self._pending = None
                return
            cancelled = stopping and self._pending is None
            if running and cancelled and snapshot != running and running.same_but_frame(snapshot):
                return  # the next frame is no wish to go on with what was cancelled
            self._pending = snapshot
            if running and not replace(running, crop=snapshot.crop).same_but_frame(snapshot):
                self._stop.set()
            self._wake_up()

    def _wake_up(self) -> None:
        self._wake.notify()
        if not self._started:
            self._started = True
            self._thread.start()

    def start(self, channel: str, request: object) -> None:
        """Begin the task that ``request`` asks for; it replaces the channel's task, if any."""
        with self._wake:
            if self._closing.is_set():
                return
            self._drop(channel)
            task = self._current[channel] = _Task(channel, request)
            self._tasks.append(task)
            self._wake_up()

    def tell(self, channel: str, command: object) -> None:
        """Give a command to the channel's task; without a task it is lost."""
        task = self._current.get(channel)
        if task is not None:
            with self._wake:
                task.inbox.append(command)
                self._wake.notify()

    def stop(self, channel: str) -> None:
        """End the channel's task, if any; no signal follows."""
        with self._wake:
            self._drop(channel)
            self._wake.notify()

    def runs(self, channel: str) -> bool:
        """True from `start` until `stop`, or until the task's end has arrived."""
        return channel in self._current

    def _drop(self, channel: str) -> None:
        task = self._current.pop(channel, None)
        if task is not None:
            task.stop.set()

    def cancel(self) -> None:
        """Give up what is running and what waits; ``cancelled`` follows."""
        with self._wake:
            self._pending = None
            self._stop.set()

    def close(self, patience: float = PATIENCE) -> None:
        """End the thread: a running pass stops at its next block, a task at its next update.

        Waits for at most ``patience`` seconds, and not at all for an import of torch; `ended`
        tells whether that was enough.
        """
        with self._wake:
            self._closing.set()
            self._pending = None
            self._stop.set()
            self._current.clear()
            for task in self._tasks:
                task.stop.set()
            self._wake.notify()
            importing = self._importing
        if self._started and not importing:
            self._thread.join(patience)

    @property
    def ended(self) -> bool:
        """True where no thread is at work: before the first request, and after `close`."""
        return not self._thread.is_alive()

    def _work(self) -> None:
        session: Session | None = None
        while (work := self._next()) is not None:
            if session is None:
                session = self._begin(work)
            if isinstance(work, _Task):
                if session is not None:
                    self._advance(session, work)
                continue
            if session is not None:
                self._run(session, work)
            with self._wake:
                idle = self._pending is None and not self._closing.is_set()
            if idle:
                self.busy_changed.emit(False)
        for task in self._tasks:
            _close(task)

    def _begin(self, work: Snapshot | _Task) -> Session | None:
        """Import torch, here and not on the GUI's thread: it takes seconds.

        None if that failed, which ``work`` is told, or if the worker was closed meanwhile.
        """
        if isinstance(work, Snapshot):
            self.busy_changed.emit(True)
            self.progressed.emit("Starting torch", 0, 0)
        else:
            self._arrived.emit(work, Progress("Starting torch", 0, 0))
        with self._wake:
            if self._closing.is_set():
                return None
            self._importing = True
        before = set(sys.modules)
        session, sentence = None, ""
        try:
            session, devices = self._open_session()
        except Exception as error:
            log.exception("torch cannot be imported")
            _forget_halves(before)
            then = "press Retry" if isinstance(work, Snapshot) else "try again"
            sentence = (
                f"PyTorch cannot be loaded ({_first_line(error)}); install it again with "
                f"“pip install --force-reinstall torch torchvision”, then {then}"
            )
        with self._wake:
            self._importing = False
            if self._closing.is_set():
                return None
        if session is not None:
            self.devices_known.emit(devices)
        elif isinstance(work, Snapshot):
            self._settle(work, Failure(work, sentence, "no_torch"))
        else:
            with self._wake:
                self._tasks.remove(work)
            self._arrived.emit(work, _Ended(sentence))
        return session

    def _next(self) -> Snapshot | _Task | None:
        """What to do next: the pass that waits, else the task whose turn it is."""
        with self._wake:
            self._wake.wait_for(
                lambda: (
                    self._closing.is_set()
                    or self._pending is not None
                    or any(task.ready for task in self._tasks)
                )
            )
            if self._closing.is_set():
                return None
            waits, before, self._before = self._pending, self._before, None
            only_frame = waits and before and before.same_but_frame(waits)
            ready = [task for task in self._tasks if task.ready]
            if ready and (waits is None or only_frame):
                self._tasks.rotate(-self._tasks.index(ready[0]))
                return ready[0]
            self._running = self._before = waits
            self._pending = None
            self._stop.clear()
            return self._running

    def _advance(self, session: Session, task: _Task) -> None:
        """Let ``task`` work until it yields, and put it at the end of the row."""
        update: object = None
        ended = True
        try:
            if not task.stop.is_set():
                if task.updates is None:
                    context = TaskContext(session, task.commands, task.stop.is_set)
                    task.updates = tasks.find(task.request)(task.request, context)
                update = next(task.updates)
                ended = False
        except (StopIteration, Cancelled):
            update = _Ended()
        except Exception as error:
            update = _Ended(_in_words_of_task(error))
        with self._wake:
            task.idle = update is IDLE
            if ended or task.stop.is_set():
                self._tasks.remove(task)
                ended = True
            else:
                self._tasks.rotate(-1)
            closing = self._closing.is_set()
        if ended:
            _close(task)
            task.updates = None
            memory.release()
        if update is not None and update is not IDLE and not closing:
            self._arrived.emit(task, update)

    def _deliver(self, task: _Task, update: object) -> None:
        """On the GUI's thread: pass an update on, unless its task was stopped meanwhile."""
        if self._current.get(task.channel) is not task:
            return
        if isinstance(update, _Ended):
            del self._current[task.channel]
            if update.sentence:
                self.task_failed.emit(task.channel, update.sentence)
            else:
                self.task_ended.emit(task.channel)
        elif isinstance(update, Progress):
            self.task_progressed.emit(task.channel, update)
        else:
            self.task_updated.emit(task.channel, update)

    def _run(self, session: Session, snapshot: Snapshot) -> None:
        from resnet_viz.analysis.devices import DeviceError

        self.busy_changed.emit(True)
        outcome: Result | Failure | None = None
        try:
            outcome = session.run(
                snapshot, self._stop.is_set, self.progressed.emit, self.structure_known.emit
            )
        except Cancelled:
            pass
        except WeightsUnavailable as error:
            outcome = Failure(snapshot, str(error), "unavailable")
        except (WeightsError, DeviceError, ValueError) as error:
            outcome = Failure(snapshot, str(error))
        except Exception as error:
            log.exception("the pass failed")
            outcome = Failure(snapshot, _in_words(error, snapshot))
        self._settle(snapshot, outcome)

    def _settle(self, snapshot: Snapshot, outcome: Result | Failure | None) -> None:
        """Say what has come of ``snapshot``; None if it was cancelled."""
        with self._wake:
            dropped, asked_for_more = self._stop.is_set(), self._pending is not None
            # Before any signal: who asks for the same again on hearing it must not be turned away.
            self._running = None
            if self._closing.is_set():
                return
        if dropped:
            if not asked_for_more:
                self.cancelled.emit(snapshot)
        elif isinstance(outcome, Failure):
            self.failed.emit(outcome)
        else:
            self.finished.emit(outcome)


@dataclass(frozen=True)
class _Ended:
    """A task's last update; ``sentence`` says why, if it failed."""

    sentence: str = ""


def _close(task: _Task) -> None:
    """Let the generator clean up after itself."""
    if task.updates is not None:
        task.updates.close()  # type: ignore[attr-defined]


def _forget_halves(before: set[str]) -> None:
    """Drop what a failed import has left of packages, so that the next try begins anew."""
    for name in set(sys.modules) - before:
        if name.partition(".")[0] not in sys.modules:
            del sys.modules[name]


def _in_words_of_task(error: Exception) -> str:
    from resnet_viz.analysis.devices import DeviceError

    if isinstance(error, TaskError | WeightsError | DeviceError | ValueError):
        return str(error)
    log.error("a task failed", exc_info=error)
    if memory.ran_out(error):
        return "There is not enough memory for this; choose a smaller network or batch"
    return f"This failed ({_first_line(error)})"


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0]}"


def _in_words(error: Exception, snapshot: Snapshot) -> str:
    from resnet_viz.analysis.devices import why_failed

    given_up = why_failed(error, snapshot.network)
    return given_up or f"The pass of {snapshot.network} failed ({_first_line(error)})"
