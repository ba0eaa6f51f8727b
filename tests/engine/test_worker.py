"""The worker: the newest wins, the last finishes, closing ends cleanly."""

from __future__ import annotations

import itertools
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from resnet_viz.engine import tasks
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
def session() -> SlowSession:
    return SlowSession()


@pytest.fixture
def worker(qtbot: QtBot, session: SlowSession) -> Iterator[Worker]:
    made = Worker(open_session=lambda: (session, ("cpu",)))  # type: ignore[arg-type, return-value]
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


def test_frames_of_a_video_do_not_cancel_what_runs(
    qtbot: QtBot, worker: Worker, session: SlowSession
) -> None:
    results: list[Result] = []
    worker.finished.connect(results.append)
    first, *others = (replace(SNAPSHOT, photo=photo) for photo in fakes.frames(4))
    worker.request(first)
    begun(session)
    for other in others:
        worker.request(other)
    moved = replace(others[-1], crop=Crop(2, 0, 50))
    worker.request(moved)
    session.go.set()
    qtbot.waitUntil(lambda: len(results) == 2)
    assert [result.snapshot for result in results] == [first, moved]


def test_the_photo_after_a_video_cancels_its_last_frame(
    qtbot: QtBot, worker: Worker, session: SlowSession
) -> None:
    results: list[Result] = []
    worker.finished.connect(results.append)
    worker.request(replace(SNAPSHOT, photo=fakes.frames(1)[0]))
    begun(session)
    worker.request(SNAPSHOT)
    begun(session)
    session.go.set()
    qtbot.waitUntil(lambda: bool(results))
    assert [result.snapshot for result in results] == [SNAPSHOT]


def test_the_next_frame_does_not_revive_what_was_cancelled(
    qtbot: QtBot, worker: Worker, session: SlowSession
) -> None:
    first, second = (replace(SNAPSHOT, photo=photo) for photo in fakes.frames(2))
    worker.request(first)
    begun(session)
    with qtbot.waitSignal(worker.cancelled) as signal:
        worker.cancel()
        worker.request(second)
    assert signal.args == [first]
    assert session.asked == [first]


def test_a_video_leaves_tasks_their_turns(
    qtbot: QtBot, worker: Worker, session: SlowSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    def task(_request: object, _context: object) -> Iterator[object]:
        for number in range(3):
            order.append("task")
            yield number

    frames = itertools.cycle([replace(SNAPSHOT, photo=photo) for photo in fakes.frames(2)])
    run = session.run

    def run_and_ask(snapshot: Snapshot, *rest: object) -> Result:
        """The next frame always waits when a pass ends."""
        order.append("pass")
        if order.count("task") < 3:
            worker.request(next(frames))
        return run(snapshot, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(tasks, "find", lambda _request: task)
    monkeypatch.setattr(session, "run", run_and_ask)
    session.go.set()
    worker.request(next(frames))
    with qtbot.waitSignal(worker.task_ended):
        worker.start("any", object())
    turns = " ".join(order)
    assert "task pass task pass task" in turns


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
            RuntimeError("CUDA error: unspecified launch failure\nCompile with"),
            "other",
            r"The device stopped during the pass of resnet20 \(CUDA error: unspecified launch "
            r"failure\); choose the CPU",
        ),
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
    assert not worker.ended
    worker.close()
    assert worker.ended
    worker.request(SNAPSHOT)
    QCoreApplication.processEvents()
    assert results == []


def test_closing_before_any_request(qtbot: QtBot) -> None:
    worker = Worker()
    worker.close()
    assert worker.ended


def test_closing_waits_for_no_import(qtbot: QtBot, session: SlowSession) -> None:
    begun, go, said = threading.Event(), threading.Event(), []

    def slow_import() -> tuple[SlowSession, tuple[str, ...]]:
        begun.set()
        go.wait(60)
        return session, ("cpu",)

    worker = Worker(open_session=slow_import)  # type: ignore[arg-type]
    worker.devices_known.connect(said.append)
    worker.request(SNAPSHOT)
    assert begun.wait(5)
    worker.close(patience=60)
    assert not worker.ended
    go.set()
    qtbot.waitUntil(lambda: worker.ended)
    QCoreApplication.processEvents()
    assert said == []
    assert session.asked == []


def test_closing_waits_for_so_long_and_no_longer(qtbot: QtBot) -> None:
    begun, go = threading.Event(), threading.Event()

    class Stuck:
        def run(self, *_: object) -> None:
            begun.set()
            go.wait(60)

    worker = Worker(open_session=lambda: (Stuck(), ()))  # type: ignore[arg-type, return-value]
    worker.request(SNAPSHOT)
    assert begun.wait(5)
    worker.close(patience=0.01)
    assert not worker.ended
    go.set()
    qtbot.waitUntil(lambda: worker.ended)


class Flaky:
    """Torch cannot be imported the first time."""

    def __init__(self, session: SlowSession) -> None:
        self.session, self.tries = session, 0

    def __call__(self) -> tuple[SlowSession, tuple[str, ...]]:
        self.tries += 1
        if self.tries == 1:
            raise ImportError("libtorch.so: cannot open shared object file")
        return self.session, ("cpu",)


def test_torch_that_cannot_be_imported_is_said_and_tried_again(
    qtbot: QtBot, session: SlowSession
) -> None:
    worker, busy = Worker(open_session=Flaky(session)), []  # type: ignore[arg-type]
    worker.busy_changed.connect(busy.append)
    session.go.set()
    with qtbot.waitSignal(worker.failed) as signal:
        worker.request(SNAPSHOT)
    (failure,) = signal.args
    assert (failure.kind, failure.snapshot) == ("no_torch", SNAPSHOT)
    assert "libtorch.so" in failure.sentence
    assert "press Retry" in failure.sentence
    qtbot.waitUntil(lambda: busy == [True, False])
    with qtbot.waitSignals([worker.devices_known, worker.finished]):
        worker.request(SNAPSHOT)
    worker.close()


def test_a_task_is_told_that_torch_cannot_be_imported(qtbot: QtBot, session: SlowSession) -> None:
    worker = Worker(open_session=Flaky(session))  # type: ignore[arg-type]
    with qtbot.waitSignal(worker.task_failed) as signal:
        worker.start("lab", object())
    name, sentence = signal.args
    assert name == "lab"
    assert "install it again" in sentence
    assert not worker.runs("lab")
    session.go.set()
    with qtbot.waitSignal(worker.finished):
        worker.request(SNAPSHOT)
    worker.close()


HALF_AN_IMPORT = """
import sys
from dataclasses import replace
from PySide6.QtCore import QCoreApplication, QEventLoop
from resnet_viz.engine.worker import Worker
from tests.engine.test_worker import SNAPSHOT

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name == "torch._C":
            raise ImportError("libtorch.so is missing")

assert "torch" not in sys.modules
application, missing = QCoreApplication([]), Missing()
sys.meta_path.insert(0, missing)
worker, loop = Worker(), QEventLoop()

def failed(failure):
    print(failure.kind, sorted(name for name in sys.modules if name.startswith("torch")))
    if missing in sys.meta_path:
        sys.meta_path.remove(missing)
        worker.request(failure.snapshot)
    else:
        loop.quit()

def finished(result):
    print(len(result.now.logits), "logits")
    loop.quit()

worker.failed.connect(failed)
worker.finished.connect(finished)
worker.request(SNAPSHOT)
loop.exec()
worker.close()
"""


@pytest.mark.long
def test_half_an_import_of_torch_is_forgotten_and_the_next_one_is_whole() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HALF_AN_IMPORT], capture_output=True, text=True, timeout=120
    )
    assert done.stdout.splitlines() == ["no_torch []", "10 logits"], done.stderr


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
        from resnet_viz.analysis.session import Session

        reference = Session().run(SNAPSHOT)
        assert result.now.logits.tolist() == reference.now.logits.tolist()
    finally:
        worker.close()
