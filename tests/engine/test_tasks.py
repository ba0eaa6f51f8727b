"""Tasks on the worker: turns, commands, stopping, and words for what goes wrong."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from resnet_viz.analysis import memory
from resnet_viz.analysis.task import TaskContext
from resnet_viz.engine import tasks
from resnet_viz.engine.worker import Worker
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import IDLE, Progress, TaskError
from tests import fakes

SNAPSHOT = Snapshot("resnet20", fakes.photo(), weights=WeightsChoice("untrained"), device="cpu")


@dataclass(frozen=True)
class Count:
    """Count to ``to``, or for ever, then wait for commands and echo them."""

    to: int | None = None
    error: Exception | None = None
    listens: bool = False


class Log:
    """What happened on the worker's thread."""

    def __init__(self) -> None:
        self.closed: list[Count] = []
        self.begun = threading.Event()
        self.ends = threading.Semaphore(0)


class FakeSession:
    """Gives the snapshot itself for a result."""

    def run(self, snapshot: Snapshot, *_: Callable[..., object]) -> object:
        return snapshot


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Log:
    log = Log()

    def count(request: Count, context: TaskContext) -> Iterator[object]:
        try:
            number = 0
            while request.to is None or number < request.to:
                number += 1
                yield Progress("Counting", number, request.to or 0)
                yield number
                log.begun.set()
            if request.error:
                raise request.error
            while request.listens:
                yield from context.commands()
                yield IDLE
        finally:
            log.closed.append(request)
            log.ends.release()

    monkeypatch.setattr(tasks, "find", lambda request: count)
    return log


@pytest.fixture
def worker(qtbot: QtBot, log: Log) -> Iterator[Worker]:
    made = Worker(open_session=lambda: (FakeSession(), ()))  # type: ignore[arg-type, return-value]
    yield made
    made.close()


@pytest.fixture
def heard(worker: Worker) -> list[tuple[object, ...]]:
    """Every signal about tasks, in order."""
    said: list[tuple[object, ...]] = []
    worker.task_updated.connect(lambda *what: said.append(("update", *what)))
    worker.task_progressed.connect(lambda *what: said.append(("progress", *what)))
    worker.task_ended.connect(lambda *what: said.append(("end", *what)))
    worker.task_failed.connect(lambda *what: said.append(("fail", *what)))
    return said


def test_a_task_gives_its_updates_in_order_and_ends(
    qtbot: QtBot, worker: Worker, heard: list[tuple[object, ...]], log: Log
) -> None:
    worker.start("lab", Count(2))
    qtbot.waitUntil(lambda: ("end", "lab") in heard)
    assert [what for what in heard if what[0] == "update"] == [
        ("update", "lab", 1),
        ("update", "lab", 2),
    ]
    assert ("progress", "lab", Progress("Counting", 2, 2)) in heard
    assert log.closed == [Count(2)]
    assert not worker.runs("lab")


@pytest.mark.parametrize("stopped", [False, True])
def test_memory_is_given_back_once_a_task_holds_nothing_any_more(
    qtbot: QtBot, worker: Worker, monkeypatch: pytest.MonkeyPatch, stopped: bool
) -> None:
    class Large:
        """Stands for tensors."""

    held: list[weakref.ref[Large]] = []
    gone: list[bool] = []

    def take(request: Count, context: TaskContext) -> Iterator[object]:
        large = Large()
        held.append(weakref.ref(large))
        while request.to is None:
            yield Progress("Holding", 0, 0)
        yield large.__doc__

    monkeypatch.setattr(tasks, "find", lambda request: take)
    monkeypatch.setattr(memory, "release", lambda: gone.append(held[0]() is None))
    worker.start("lab", Count(None if stopped else 1))
    qtbot.waitUntil(lambda: bool(held))
    if stopped:
        worker.stop("lab")
    qtbot.waitUntil(lambda: gone == [True])


def test_a_pass_does_not_wait_for_an_endless_task(qtbot: QtBot, worker: Worker, log: Log) -> None:
    worker.start("lab", Count())
    assert log.begun.wait(5)
    with qtbot.waitSignal(worker.finished):
        worker.request(SNAPSHOT)
    assert worker.runs("lab")


def test_two_tasks_take_turns(
    qtbot: QtBot, worker: Worker, heard: list[tuple[object, ...]]
) -> None:
    worker.start("one", Count())
    worker.start("two", Count(3))
    qtbot.waitUntil(lambda: ("end", "two") in heard)
    assert worker.runs("one")


def test_a_waiting_task_wakes_up_when_it_is_told_something(
    qtbot: QtBot, worker: Worker, heard: list[tuple[object, ...]]
) -> None:
    worker.start("lab", Count(0, listens=True))
    for command in ("pause", "step"):
        worker.tell("lab", command)
        qtbot.waitUntil(lambda command=command: ("update", "lab", command) in heard)  # type: ignore[misc]


def test_a_stopped_task_says_nothing_more_and_cleans_up(
    qtbot: QtBot, worker: Worker, heard: list[tuple[object, ...]], log: Log
) -> None:
    worker.start("lab", Count())
    qtbot.waitUntil(lambda: len(heard) > 5)
    worker.stop("lab")
    heard.clear()
    assert not worker.runs("lab")
    qtbot.waitUntil(lambda: log.closed == [Count()])
    worker.close()
    QCoreApplication.processEvents()
    assert heard == []


def end_of_both(worker: Worker, log: Log) -> None:
    """Two tasks have ended on the worker's thread, "one" long ago; nothing has arrived yet."""
    worker.start("one", Count(1))
    worker.start("two", Count(3))
    for _ in range(2):
        assert log.ends.acquire(timeout=5)


def test_a_task_runs_until_its_end_has_arrived(
    qtbot: QtBot, worker: Worker, heard: list[tuple[object, ...]], log: Log
) -> None:
    end_of_both(worker, log)
    assert heard == []
    assert worker.runs("one")
    qtbot.waitUntil(lambda: ("end", "one") in heard)
    assert not worker.runs("one")


def test_who_hears_of_the_end_finds_the_channel_free(
    qtbot: QtBot, worker: Worker, log: Log
) -> None:
    found: list[bool] = []
    worker.task_ended.connect(lambda name: found.append(worker.runs(name)))
    worker.start("lab", Count(1))
    qtbot.waitUntil(lambda: found == [False])


def test_nothing_follows_from_a_task_that_is_stopped_after_its_end(
    qtbot: QtBot, worker: Worker, heard: list[tuple[object, ...]], log: Log
) -> None:
    end_of_both(worker, log)
    worker.stop("one")
    qtbot.waitUntil(lambda: ("end", "two") in heard)
    assert [what for what in heard if what[1] == "one"] == []


def test_nothing_follows_from_a_task_that_is_replaced_after_its_end(
    qtbot: QtBot, worker: Worker, heard: list[tuple[object, ...]], log: Log
) -> None:
    end_of_both(worker, log)
    worker.start("one", Count(2))
    qtbot.waitUntil(lambda: ("end", "one") in heard)
    updates = [what[2] for what in heard if what[:2] == ("update", "one")]
    assert updates == [1, 2]
    assert heard.count(("end", "one")) == 1


def test_a_new_task_replaces_the_one_of_its_channel(
    qtbot: QtBot, worker: Worker, heard: list[tuple[object, ...]], log: Log
) -> None:
    worker.start("lab", Count())
    worker.start("lab", Count(3))
    qtbot.waitUntil(lambda: ("end", "lab") in heard)
    assert log.closed == [Count(3)] or log.closed == [Count(), Count(3)]
    qtbot.waitUntil(lambda: not worker.runs("lab"))


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (TaskError("depth 9 is not 6n + 2; choose 8 or 14"), "depth 9 is not 6n + 2"),
        (ValueError("there is no class 12"), "there is no class 12"),
        (MemoryError(), "choose a smaller network or batch"),
        (RuntimeError("surprise\nmore"), "This failed (RuntimeError: surprise)"),
    ],
)
def test_an_error_becomes_a_sentence(
    qtbot: QtBot,
    worker: Worker,
    heard: list[tuple[object, ...]],
    error: Exception,
    sentence: str,
) -> None:
    worker.start("lab", Count(1, error))
    qtbot.waitUntil(lambda: heard[-1:] != [] and heard[-1][0] == "fail")
    assert heard[-1][1] == "lab"
    assert sentence in str(heard[-1][2])
    assert not worker.runs("lab")
    worker.start("lab", Count(1))
    qtbot.waitUntil(lambda: ("end", "lab") in heard)


def test_closing_ends_every_task(qtbot: QtBot, worker: Worker, log: Log) -> None:
    worker.start("one", Count())
    worker.start("two", Count(0, listens=True))
    assert log.begun.wait(5)
    worker.close()
    assert Count() in log.closed
    worker.start("three", Count())
    assert not worker.runs("three")


def test_every_task_in_the_table_exists() -> None:
    for request, function in tasks.TASKS.items():
        kind = tasks.found(request)
        assert f"{kind.__module__}:{kind.__qualname__}" == f"resnet_viz.{request}"
        assert function.startswith(("analysis.", "export."))
        assert callable(tasks.found(function))
