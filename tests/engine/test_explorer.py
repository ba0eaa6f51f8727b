"""The explorer's loop with a worker that answers when the test says so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from resnet_viz.engine.explorer import Explorer
from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Failure
from resnet_viz.images.photo import Crop
from resnet_viz.results.result import Result, Snapshot
from tests import fakes


class FakeWorker(QObject):
    """Keeps what it was asked for."""

    finished = Signal(object)
    failed = Signal(object)
    cancelled = Signal(object)
    structure_known = Signal(object)
    devices_known = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Snapshot] = []
        self.cancels = 0

    def request(self, snapshot: Snapshot) -> None:
        self.asked.append(snapshot)

    def cancel(self) -> None:
        self.cancels += 1

    def answer(self, snapshot: Snapshot) -> Result:
        """Finish the pass of ``snapshot``, whose network is one of the fakes."""
        result = replace(fakes.result(snapshot.network), snapshot=snapshot)  # type: ignore[arg-type]
        self.finished.emit(result)
        return result


@pytest.fixture
def worker(qtbot: QtBot) -> FakeWorker:
    return FakeWorker()


@pytest.fixture
def explorer(worker: FakeWorker) -> Explorer:
    """With ResNet-20 on screen."""
    made = Explorer(ExplorerState(fakes.photo(), "resnet20"), worker)  # type: ignore[arg-type]
    made.begin()
    worker.answer(worker.asked[-1])
    return made


def test_each_choice_asks_for_a_pass_and_its_result_is_told(
    qtbot: QtBot, explorer: Explorer, worker: FakeWorker
) -> None:
    explorer.state.toggle_skip("layer1.0")
    assert worker.asked[-1] == explorer.state.snapshot
    with qtbot.waitSignal(explorer.result_changed) as told:
        result = worker.answer(explorer.state.snapshot)
    assert told.args == [result]
    assert explorer.result is result


def test_a_failure_goes_back_to_what_last_gave_a_result(
    qtbot: QtBot, explorer: Explorer, worker: FakeWorker
) -> None:
    good = explorer.state.snapshot
    explorer.state.set_network("resnet50")
    worker.structure_known.emit(fakes.structure("resnet50"))
    failure = Failure(explorer.state.snapshot, "no weights", "unavailable")
    with qtbot.waitSignal(explorer.failed) as told:
        worker.failed.emit(failure)
    assert told.args == [failure]
    assert explorer.state.snapshot == worker.asked[-1] == good
    assert explorer.structure is explorer.result.structure  # type: ignore[union-attr]
    assert not explorer.state.undo_stack.canUndo(), "the failed choice is no step"
    assert not explorer.state.undo_stack.canRedo()


def test_a_late_failure_does_not_undo_a_newer_choice(
    qtbot: QtBot, explorer: Explorer, worker: FakeWorker
) -> None:
    explorer.state.set_network("resnet50")
    first = explorer.state.snapshot
    explorer.state.set_network("plain20")
    with qtbot.assertNotEmitted(explorer.failed):
        worker.failed.emit(Failure(first, "no weights"))
    assert explorer.state.snapshot.network == "plain20"
    worker.answer(explorer.state.snapshot)
    assert explorer.result is not None
    assert explorer.result.snapshot.network == "plain20"


def test_a_late_cancellation_does_not_undo_a_newer_choice(
    qtbot: QtBot, explorer: Explorer, worker: FakeWorker
) -> None:
    explorer.state.set_network("resnet50")
    first = explorer.state.snapshot
    explorer.cancel()
    explorer.state.set_network("plain20")
    with qtbot.assertNotEmitted(explorer.cancelled):
        worker.cancelled.emit(first)
    assert explorer.state.snapshot.network == "plain20"


def test_cancelling_goes_back_and_says_so(
    qtbot: QtBot, explorer: Explorer, worker: FakeWorker
) -> None:
    explorer.state.set_network("resnet50")
    asked = explorer.state.snapshot
    explorer.cancel()
    assert worker.cancels == 1
    with qtbot.waitSignal(explorer.cancelled) as told:
        worker.cancelled.emit(asked)
    assert told.args == ["ResNet-50 was cancelled; this is still ResNet-20", asked]
    assert explorer.state.snapshot.network == "resnet20"


def test_cancelling_while_the_crop_is_dragged_goes_back(
    qtbot: QtBot, explorer: Explorer, worker: FakeWorker
) -> None:
    """The pass that runs then is that of an earlier crop."""
    good = explorer.state.snapshot
    explorer.state.set_crop(Crop(0, 0, 100))
    running = explorer.state.snapshot
    explorer.state.set_crop(Crop(1, 0, 100))
    explorer.cancel()
    with qtbot.waitSignal(explorer.cancelled):
        worker.cancelled.emit(running)
    assert explorer.state.snapshot == good


def test_a_first_pass_that_fails_can_be_tried_again(qtbot: QtBot, worker: FakeWorker) -> None:
    explorer = Explorer(ExplorerState(fakes.photo(), "resnet50"), worker)  # type: ignore[arg-type]
    explorer.begin()
    asked = explorer.state.snapshot
    with qtbot.waitSignal(explorer.failed):
        worker.failed.emit(Failure(asked, "no weights", "unavailable"))
    assert explorer.state.snapshot == asked
    explorer.try_again(asked)
    assert worker.asked == [asked, asked]
    explorer.use_untrained(asked)
    assert worker.asked[-1].weights.kind == "untrained"


def test_trying_again_chooses_what_had_failed(explorer: Explorer, worker: FakeWorker) -> None:
    explorer.state.set_network("resnet50")
    asked = explorer.state.snapshot
    worker.failed.emit(Failure(asked, "no weights", "unavailable"))
    explorer.try_again(asked)
    assert worker.asked[-1] == asked


def test_a_device_that_is_not_there_gives_way_to_auto(
    qtbot: QtBot, explorer: Explorer, worker: FakeWorker
) -> None:
    explorer.state.set_device("cuda")
    assert explorer.devices == ("auto", "cuda", "cpu"), "until torch has looked"
    asked = explorer.state.snapshot
    with qtbot.waitSignals([explorer.said, explorer.devices_changed]):
        worker.devices_known.emit(("cpu",))
    assert explorer.devices == ("auto", "cpu")
    assert explorer.state.snapshot.device == worker.asked[-1].device == "auto"
    with qtbot.assertNotEmitted(explorer.failed):
        worker.failed.emit(Failure(asked, "this machine has no CUDA device"))
    with qtbot.waitSignal(explorer.said) as said:
        explorer.state.set_device("mps")
    assert "no MPS device" in said.args[0]
    assert explorer.state.snapshot.device == "auto"


def test_stages_are_switched_as_the_network_on_screen_has_them(explorer: Explorer) -> None:
    assert [explorer.has_stage(number) for number in (1, 3, 4)] == [True, True, False]
    explorer.toggle_stage(2)
    off = {f"layer2.{index}" for index in range(3)}
    assert set(explorer.state.snapshot.gates.skips) == off
    explorer.toggle_stage(4)
    explorer.toggle_stage(2)
    assert explorer.state.snapshot.gates.all_on
    explorer.set_all_skips(False)
    assert set(explorer.state.snapshot.gates.skips) == set(explorer.structure.skips)  # type: ignore[union-attr]


def test_the_cascade_is_one_step(qtbot: QtBot, explorer: Explorer, worker: FakeWorker) -> None:
    cascade, state = explorer.cascade, explorer.state
    cascade.pause_ms = 0
    cascade.toggle()
    for off in range(1, 4):
        qtbot.waitUntil(lambda off=off: len(state.snapshot.gates.skips) == off)  # type: ignore[misc]
        worker.answer(state.snapshot)
    cascade.stop()
    assert state.undo_stack.count() == 1
    assert state.undo_stack.undoText() == "cascade"
    state.undo_stack.undo()
    assert state.snapshot.gates.all_on
    assert cascade.phase == "idle"
    state.undo_stack.redo()
    assert len(state.snapshot.gates.skips) == 3


def test_what_fails_while_a_video_runs_is_taken_back_and_the_video_goes_on(
    qtbot: QtBot, explorer: Explorer, worker: FakeWorker
) -> None:
    first, second, third = fakes.frames(3)
    explorer.state.set_frame(first)
    worker.answer(worker.asked[-1])
    explorer.state.set_network("resnet50")
    asked = worker.asked[-1]
    explorer.state.set_frame(second)
    with qtbot.waitSignal(explorer.failed):
        worker.failed.emit(Failure(asked, "no weights", "unavailable"))
    assert explorer.state.snapshot.network == "resnet20"
    assert explorer.state.snapshot.photo is second
    explorer.state.set_network("resnet50")
    explorer.cancel()
    asked = worker.asked[-1]
    explorer.state.set_frame(third)
    with qtbot.waitSignal(explorer.cancelled):
        worker.cancelled.emit(asked)
    assert explorer.state.snapshot.network == "resnet20"
    assert explorer.state.snapshot.photo is third
