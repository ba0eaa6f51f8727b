"""The worker: one thread that runs one pass at a time, always for the newest snapshot."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QObject, Signal

from resnet_viz.analysis.result import Snapshot
from resnet_viz.networks.weights import WeightsError, WeightsUnavailable

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


class Worker(QObject):
    """Runs `Session` on a thread of its own, which also imports torch.

    A request that makes the running one stale cancels it between two blocks, and its result is
    dropped. A moved crop box alone does not: while it is dragged, each finished pass is shown
    and the newest position is next, or a slow network would show nothing until the mouse rests.
    The last request always finishes. Signals arrive on the thread that made the worker.
    """

    finished = Signal(object)
    failed = Signal(object)
    cancelled = Signal(object)
    structure_known = Signal(object)
    devices_known = Signal(object)
    progressed = Signal(str, int, int)
    busy_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._wake = threading.Condition()
        self._pending: Snapshot | None = None
        self._running: Snapshot | None = None
        self._stop = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._work, name="worker")
        self._started = False

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
            self._wake.notify()
            if not self._started:
                self._started = True
                self._thread.start()

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
            self._wake.notify()
        if self._started:
            self._thread.join()

    def _work(self) -> None:
        session: Session | None = None
        while (snapshot := self._next()) is not None:
            if session is None:
                self.busy_changed.emit(True)
                self.progressed.emit("Starting torch", 0, 0)
                session = self._start()
            self._run(session, snapshot)
            with self._wake:
                self._running = None
                idle = self._pending is None
            if idle and not self._closing:
                self.busy_changed.emit(False)

    def _next(self) -> Snapshot | None:
        with self._wake:
            self._wake.wait_for(lambda: self._closing or self._pending is not None)
            if self._closing:
                return None
            self._running, self._pending = self._pending, None
            self._stop.clear()
            return self._running

    def _start(self) -> Session:
        """Import torch, here and not on the GUI's thread: it can take seconds."""
        from resnet_viz.analysis import devices
        from resnet_viz.analysis.session import Session

        self.devices_known.emit(devices.available())
        return Session()

    def _run(self, session: Session, snapshot: Snapshot) -> None:
        from resnet_viz.analysis.devices import DeviceError
        from resnet_viz.analysis.probe import Cancelled

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
            if self._closing:
                return
        if dropped:
            if not asked_for_more:
                self.cancelled.emit(snapshot)
        elif failure:
            self.failed.emit(failure)
        else:
            self.finished.emit(result)


def _in_words(error: Exception, snapshot: Snapshot) -> str:
    first = (str(error).strip().splitlines() or [""])[0]
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return (
            f"There is not enough memory for {snapshot.network} on this device; "
            "choose a smaller network or another device"
        )
    return f"The pass of {snapshot.network} failed ({type(error).__name__}: {first})"
