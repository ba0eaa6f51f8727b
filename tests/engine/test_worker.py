"""The worker: the newest wins, the last finishes, closing ends cleanly."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from resnet_viz.analysis.session import Session
from resnet_viz.engine.worker import Worker
from resnet_viz.images.photo import Crop
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.weights import WeightsError, WeightsUnavailable
from resnet_viz.results.result import Result, Snapshot
from resnet_viz.results.task import Cancelled
from tests import fakes

SNAPSHOT = Snapshot("resnet20", fakes.photo(), weights=WeightsChoice("untrained"), device="cpu")


class SlowSession:
    """Waits at every run until it is let go or cancelled; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Snapshot] = []
        self.go = threading.Event()
        self.begun = threading.Semaphore(0)
        self.error: Exception | None = None

    def run(
        self,
        snapshot: Snapshot,
        cancelled: Callable[[], bool],
        progress: object,
        structure_known: object,
    ) -> Result:
        self.asked.append(snapshot)
        self.begun.release()
        while not self.go.wait(0.005):
            if cancelled():
                raise Cancelled
        if self.error is not None:
            raise self.error
        return replace(fakes.result(), snapshot=snapshot)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> SlowSession:
    slow = SlowSession()
    monkeypatch.setattr(Worker, "_start", lambda self: slow)
    return slow


@pytest.fixture
def worker(qtbot: QtBot, session: SlowSession) -> Iterator[Worker]:
    made = Worker()
    yield made
    made.close()


def begun(session: SlowSession) -> None:
    assert session.begun.acquire(timeout=5)


def with_target(target: int) -> Snapshot:
    return replace(SNAPSHOT, target=target)


def test_the_newest_request_wins(qtbot: QtBot, worker: Worker, session: SlowSession) -> None:
    results: list[Result] = []
    worker.finished.connect(results.append)
    worker.request(with_target(0))
    begun(session)
    for target in range(1, 6):
        worker.request(with_target(target))
    begun(session)
    session.go.set()
    qtbot.waitUntil(lambda: bool(results))
    assert [result.snapshot.target for result in results] == [5]
    # Those between the first and the last were never begun.
    assert [snapshot.target for snapshot in session.asked] in ([0, 5], [0, 1, 5])


def test_a_dragged_crop_box_does_not_starve(
    qtbot: QtBot, worker: Worker, session: SlowSession
) -> None:
    results: list[Result] = []
    worker.finished.connect(results.append)
    worker.request(replace(SNAPSHOT, crop=Crop(0, 0, 50)))
    begun(session)
    worker.request(replace(SNAPSHOT, crop=Crop(1, 0, 50)))
    worker.request(replace(SNAPSHOT, crop=Crop(2, 0, 50)))
    session.go.set()
    qtbot.waitUntil(lambda: len(results) == 2)
    assert [result.crop and result.snapshot.crop for result in results] == [
        Crop(0, 0, 50),
        Crop(2, 0, 50),
    ]


def test_cancel_gives_no_result_and_says_so(
    qtbot: QtBot, worker: Worker, session: SlowSession
) -> None:
    results: list[Result] = []
    worker.finished.connect(results.append)
    worker.request(SNAPSHOT)
    begun(session)
    with qtbot.waitSignal(worker.cancelled) as signal:
        worker.cancel()
    assert signal.args == [SNAPSHOT]
    session.go.set()
    with qtbot.waitSignal(worker.finished):
        worker.request(with_target(3))
    assert [result.snapshot.target for result in results] == [3]


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (WeightsUnavailable("no network"), "unavailable", "no network"),
        (WeightsError("x.pt is not for ResNet-20"), "other", "x.pt is not for ResNet-20"),
        (ValueError("there is no class 12"), "other", "there is no class 12"),
        (RuntimeError("CUDA out of memory. Tried"), "other", "not enough memory for resnet20"),
        (
            RuntimeError("shapes differ\nat line 2"),
            "other",
            r"failed \(RuntimeError: shapes differ\)",
        ),
    ],
)
def test_failures_are_sentences(
    qtbot: QtBot, worker: Worker, session: SlowSession, error: Exception, kind: str, words: str
) -> None:
    session.error = error
    session.go.set()
    with qtbot.waitSignal(worker.failed) as signal:
        worker.request(SNAPSHOT)
    (failure,) = signal.args
    assert failure.kind == kind
    assert failure.snapshot == SNAPSHOT
    assert re.search(words, failure.sentence)
    session.error = None
    with qtbot.waitSignal(worker.finished):
        worker.request(SNAPSHOT)


def test_busy_is_said_and_unsaid(qtbot: QtBot, worker: Worker, session: SlowSession) -> None:
    said: list[bool] = []
    worker.busy_changed.connect(said.append)
    session.go.set()
    worker.request(SNAPSHOT)
    qtbot.waitUntil(lambda: said[-1:] == [False])
    assert said[0] is True


def test_closing_in_mid_run_ends_the_thread(
    qtbot: QtBot, worker: Worker, session: SlowSession
) -> None:
    results: list[Result] = []
    worker.finished.connect(results.append)
    worker.request(SNAPSHOT)
    begun(session)
    worker.close()
    assert not worker._thread.is_alive()
    worker.request(SNAPSHOT)
    qtbot.wait(30)
    assert results == []


def test_closing_before_any_request(qtbot: QtBot) -> None:
    Worker().close()


def test_a_real_pass(qtbot: QtBot) -> None:
    worker = Worker()
    try:
        closed = GateSettings.of({"layer3.1": 0.0})
        with qtbot.waitSignals([worker.devices_known, worker.finished], timeout=60_000):
            worker.request(replace(SNAPSHOT, gates=closed))
        with qtbot.waitSignal(worker.finished, timeout=60_000) as signal:
            worker.request(SNAPSHOT)
        (result,) = signal.args
        assert result.snapshot == SNAPSHOT
        reference = Session().run(SNAPSHOT)
        assert result.now.logits.tolist() == reference.now.logits.tolist()
    finally:
        worker.close()
