"""The worker: one thread for all that torch does, one thing at a time: passes before tasks."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal

from resnet_viz.analysis.task import TaskContext
from resnet_viz.engine import tasks
from resnet_viz.networks.weights import WeightsError, WeightsUnavailable
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import IDLE, Cancelled, Progress, TaskError

if TYPE_CHECKING:
    from resnet_viz.analysis.session import Session

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Failure:
    """Why ``snapshot`` has no result: a ``sentence`` for the user.

    ``kind`` is "unavailable" where weights are not at hand and could not be fetched.
    """

    snapshot: Snapshot
    sentence: str
    kind: Literal["unavailable", "other"] = "other"


@dataclass(eq=False)
class _Task:
    """A running task; only the worker's thread touches ``updates``."""

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


class Worker(QObject):
    """Runs `Session` on a thread of its own, which also imports torch.

    A request that makes the running one stale cancels it between two blocks, and its result is
    dropped. A moved crop box alone does not: while it is dragged, each finished pass is shown
    and the newest position is next, or a slow network would show nothing until the mouse rests.
    The last request always finishes. Signals arrive on the thread that made the worker.

    Beside passes there are tasks, of which each channel has at most one: `start` one with a request
    that `engine.tasks` knows, `tell` it commands, `stop` it. A task gives way to passes whenever it
    yields, and several tasks take turns. ``task_updated``, ``task_progressed``, ``task_ended`` and
    ``task_failed`` begin with the channel's name; nothing arrives from a task that was stopped or
    replaced.
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

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wake = threading.Condition()
        self._pending: Snapshot | None = None
        self._running: Snapshot | None = None
        self._stop = threading.Event()
        self._closing = False
        self._tasks: deque[_Task] = deque()
        self._thread = threading.Thread(target=self._work, name="worker")
        self._started = False
        self._arrived.connect(self._deliver)

    def request(self, snapshot: Snapshot) -> None:
        """Ask for a result; at once, without waiting. An older request is stale from now on."""
        with self._wake:
            if self._closing:
                return
            if snapshot == self._running and not self._stop.is_set():
                self._pending = None
                return
            self._pending = snapshot
            if self._running and replace(self._running, crop=snapshot.crop) != snapshot:
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
            if self._closing:
                return
            self._stop_task(channel)
            self._tasks.append(_Task(channel, request))
            self._wake_up()

    def tell(self, channel: str, command: object) -> None:
        """Give a command to the channel's task; without a task it is lost."""
        with self._wake:
            task = self._task(channel)
            if task is not None:
                task.inbox.append(command)
                self._wake.notify()

    def stop(self, channel: str) -> None:
        """End the channel's task, if any; no signal follows."""
        with self._wake:
            self._stop_task(channel)
            self._wake.notify()

    def runs(self, channel: str) -> bool:
        """True if the channel has a task that has not ended."""
        with self._wake:
            return self._task(channel) is not None

    def _task(self, channel: str) -> _Task | None:
        there = (t for t in self._tasks if t.channel == channel and not t.stop.is_set())
        return next(there, None)

    def _stop_task(self, channel: str) -> None:
        task = self._task(channel)
        if task is not None:
            task.stop.set()

    def cancel(self) -> None:
        """Give up what is running and what waits; ``cancelled`` follows."""
        with self._wake:
            self._pending = None
            self._stop.set()

    def close(self) -> None:
        """End the thread: a running pass stops at its next block."""
        with self._wake:
            self._closing = True
            self._pending = None
            self._stop.set()
            for task in self._tasks:
                task.stop.set()
            self._wake.notify()
        if self._started:
            self._thread.join()

    def _work(self) -> None:
        session: Session | None = None
        while (work := self._next()) is not None:
            if session is None:
                if isinstance(work, Snapshot):
                    self.busy_changed.emit(True)
                    self.progressed.emit("Starting torch", 0, 0)
                else:
                    self._arrived.emit(work, Progress("Starting torch", 0, 0))
                session = self._start()
            if isinstance(work, _Task):
                self._advance(session, work)
                continue
            self._run(session, work)
            with self._wake:
                idle = self._pending is None
            if idle and not self._closing:
                self.busy_changed.emit(False)
        for task in self._tasks:
            _close(task)

    def _next(self) -> Snapshot | _Task | None:
        """What to do next: the pass that waits, else the task whose turn it is."""
        with self._wake:
            self._wake.wait_for(
                lambda: (
                    self._closing
                    or self._pending is not None
                    or any(task.ready for task in self._tasks)
                )
            )
            if self._closing:
                return None
            if self._pending is None:
                while not self._tasks[0].ready:
                    self._tasks.rotate(-1)
                return self._tasks[0]
            self._running, self._pending = self._pending, None
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
        except StopIteration:
            update = _Ended()
        except Cancelled:
            pass
        except Exception as error:
            update = _Ended(_in_words_of_task(error))
        with self._wake:
            task.idle = update is IDLE
            if ended or task.stop.is_set():
                self._tasks.remove(task)
                ended = True
            else:
                self._tasks.rotate(-1)
        if ended:
            _close(task)
        if update is not None and update is not IDLE:
            self._arrived.emit(task, update)

    def _deliver(self, task: _Task, update: object) -> None:
        """On the GUI's thread: pass an update on, unless its task was stopped meanwhile."""
        if task.stop.is_set():
            return
        if isinstance(update, _Ended):
            task.stop.set()
            if update.sentence:
                self.task_failed.emit(task.channel, update.sentence)
            else:
                self.task_ended.emit(task.channel)
        elif isinstance(update, Progress):
            self.task_progressed.emit(task.channel, update)
        else:
            self.task_updated.emit(task.channel, update)

    def _start(self) -> Session:
        """Import torch, here and not on the GUI's thread: it can take seconds."""
        from resnet_viz.analysis import devices
        from resnet_viz.analysis.session import Session

        self.devices_known.emit(devices.available())
        return Session()

    def _run(self, session: Session, snapshot: Snapshot) -> None:
        from resnet_viz.analysis.devices import DeviceError

        self.busy_changed.emit(True)
        failure: Failure | None = None
        try:
            result = session.run(
                snapshot, self._stop.is_set, self.progressed.emit, self.structure_known.emit
            )
        except Cancelled:
            pass
        except WeightsUnavailable as error:
            failure = Failure(snapshot, str(error), "unavailable")
        except (WeightsError, DeviceError, ValueError) as error:
            failure = Failure(snapshot, str(error))
        except Exception as error:
            log.exception("the pass failed")
            failure = Failure(snapshot, _in_words(error, snapshot))
        with self._wake:
            dropped, asked_for_more = self._stop.is_set(), self._pending is not None
            # Before any signal: who asks for the same again on hearing it must not be turned away.
            self._running = None
            if self._closing:
                return
        if dropped:
            if not asked_for_more:
                self.cancelled.emit(snapshot)
        elif failure:
            self.failed.emit(failure)
        else:
            self.finished.emit(result)


@dataclass(frozen=True)
class _Ended:
    """A task's last update; ``sentence`` says why, if it failed."""

    sentence: str = ""


def _close(task: _Task) -> None:
    """Let the generator clean up after itself."""
    if task.updates is not None:
        task.updates.close()  # type: ignore[attr-defined]


def _in_words_of_task(error: Exception) -> str:
    from resnet_viz.analysis.devices import DeviceError

    if isinstance(error, TaskError | WeightsError | DeviceError | ValueError):
        return str(error)
    log.error("a task failed", exc_info=error)
    if _no_memory(error):
        return "There is not enough memory for this; choose a smaller network or batch"
    return f"This failed ({_first_line(error)})"


def _no_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or "out of memory" in str(error).lower()


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0]}"


def _in_words(error: Exception, snapshot: Snapshot) -> str:
    if _no_memory(error):
        return (
            f"There is not enough memory for {snapshot.network} on this device; "
            "choose a smaller network or another device"
        )
    return f"The pass of {snapshot.network} failed ({_first_line(error)})"
