"""ExplorerState: frozen snapshots, one signal for each change."""

from __future__ import annotations

from collections.abc import Callable

from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.images.photo import Crop
from resnet_viz.networks import catalog
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.results.result import Snapshot
from tests import fakes


def test_skips_are_toggled_and_toggled_back(qtbot: QtBot) -> None:
    state = ExplorerState(fakes.photo())
    before = state.snapshot
    with qtbot.waitSignals([state.gates_changed, state.snapshot_changed]):
        state.toggle_skip("layer2.1")
    assert state.snapshot.gates.skips == {"layer2.1": 0.0}
    assert before.gates.all_on
    state.set_skips(["layer1.0", "layer2.1"], on=False)
    state.toggle_skip("layer1.0")
    assert state.snapshot.gates.skips == {"layer2.1": 0.0}
    state.set_skips(["layer2.1"], on=True)
    assert state.snapshot == before


def test_nothing_is_said_where_nothing_changes(qtbot: QtBot) -> None:
    state = ExplorerState(fakes.photo())
    with qtbot.assertNotEmitted(state.snapshot_changed):
        state.set_network(catalog.DEFAULT)
        state.set_target(None)
        state.set_crop(None)
        state.set_device("auto")
        state.set_skips(["layer1.0"], on=True)
        state.set_weights(WeightsChoice())


def test_a_new_network_drops_what_does_not_fit(qtbot: QtBot) -> None:
    state = ExplorerState(fakes.photo())
    state.toggle_skip("layer1.0")
    state.set_target(3)
    state.set_weights(WeightsChoice("file", "x.pt"))
    state.select_block("layer3.2")
    state.set_network("resnet20")
    assert state.snapshot.gates.all_on
    assert state.snapshot.weights == WeightsChoice()
    assert state.snapshot.target == 3
    assert state.block == ""
    state.set_network("resnet50", WeightsChoice("untrained"))
    assert state.snapshot.target is None
    assert state.snapshot.weights == WeightsChoice("untrained")


def test_a_new_photo_has_the_default_crop_and_target(qtbot: QtBot) -> None:
    state = ExplorerState(fakes.photo())
    state.set_crop(Crop(0, 0, 20))
    state.set_target(3)
    other = fakes.photo()
    with qtbot.waitSignal(state.photo_changed):
        state.set_photo(other)
    assert state.snapshot.photo is other
    assert (state.snapshot.crop, state.snapshot.target) == (None, None)


def test_selecting_a_block_asks_for_no_pass(qtbot: QtBot) -> None:
    state = ExplorerState(fakes.photo())
    with qtbot.assertNotEmitted(state.snapshot_changed), qtbot.waitSignal(state.block_changed):
        state.select_block("layer1.1")


def test_an_earlier_snapshot_comes_back_whole(qtbot: QtBot) -> None:
    state = ExplorerState(fakes.photo())
    state.toggle_skip("layer1.0")
    good = state.snapshot
    state.set_network("resnet50")
    with qtbot.waitSignals([state.network_changed, state.gates_changed, state.snapshot_changed]):
        state.restore(good)
    assert state.snapshot == good


def test_only_what_differs_is_said(qtbot: QtBot) -> None:
    state = ExplorerState(fakes.photo())
    with qtbot.assertNotEmitted(state.gates_changed), qtbot.assertNotEmitted(state.target_changed):
        state.set_network("resnet20")
    with (
        qtbot.assertNotEmitted(state.network_changed),
        qtbot.assertNotEmitted(state.photo_changed),
        qtbot.waitSignals([state.gates_changed, state.snapshot_changed]),
    ):
        state.toggle_skip("layer1.0")


def test_every_choice_is_undone_and_done_again(qtbot: QtBot) -> None:
    state = ExplorerState(fakes.photo())
    stack = state.undo_stack
    choices: list[tuple[str, Callable[[], object]]] = [
        ("network ResNet-20", lambda: state.set_network("resnet20")),
        ("untrained weights", lambda: state.set_weights(WeightsChoice("untrained"))),
        ("photo gradient", lambda: state.set_photo(fakes.photo())),
        ("crop", lambda: state.set_crop(Crop(0, 0, 20))),
        ("skips of stage 2 off", lambda: state.set_skips(["layer2.0", "layer2.1"], False)),
        ("skip of layer2.1 on", lambda: state.toggle_skip("layer2.1")),
        ("target class", lambda: state.set_target(3)),
        ("selection of layer1.1", lambda: state.select_block("layer1.1")),
        ("automatic target", lambda: state.set_target(None)),
        ("all skips on", lambda: state.set_skips(["layer1.0", "layer2.0"], True)),
        ("weights x.pt", lambda: state.set_weights(WeightsChoice("file", "/somewhere/x.pt"))),
    ]
    seen = [(state.snapshot, state.block)]
    for words, choose in choices:
        choose()
        assert stack.undoText() == words
        seen.append((state.snapshot, state.block))
    for before in reversed(seen[:-1]):
        stack.undo()
        assert (state.snapshot, state.block) == before
    assert not stack.canUndo()
    for after in seen[1:]:
        stack.redo()
        assert (state.snapshot, state.block) == after


def test_undoing_says_what_differs_and_asks_for_a_pass(qtbot: QtBot) -> None:
    state = ExplorerState(fakes.photo())
    before = state.snapshot
    state.toggle_skip("layer1.0")
    with (
        qtbot.waitSignals([state.gates_changed, state.snapshot_changed]),
        qtbot.assertNotEmitted(state.network_changed),
    ):
        state.undo_stack.undo()
    assert state.snapshot == before


def test_a_gesture_is_one_step_and_one_that_leads_back_is_none(qtbot: QtBot) -> None:
    state = ExplorerState(fakes.photo())
    for x in range(5):
        state.set_crop(Crop(x, 0, 20), "first drag")
    state.set_crop(Crop(9, 0, 20), "second drag")
    assert state.undo_stack.count() == 2
    state.undo_stack.undo()
    assert state.snapshot.crop == Crop(4, 0, 20)
    state.undo_stack.undo()
    assert state.snapshot.crop is None
    gates = state.snapshot.gates
    state.set_gates(gates.with_skips(["layer1.0"], 0.5), "skip strength", "slide")
    assert state.undo_stack.count() == 1
    state.set_gates(gates, "skip strength", "slide")
    assert state.undo_stack.count() == 0


def test_the_device_is_no_step_and_stays_when_others_are_undone(qtbot: QtBot) -> None:
    state = ExplorerState(fakes.photo())
    state.toggle_skip("layer1.0")
    state.set_device("cpu")
    assert state.undo_stack.count() == 1
    state.undo_stack.undo()
    assert state.snapshot.device == "cpu"


def test_what_failed_is_no_step(qtbot: QtBot) -> None:
    state = ExplorerState(fakes.photo())
    state.toggle_skip("layer1.0")
    good = state.snapshot
    state.set_network("resnet50")
    state.select_block("layer4.0")
    state.set_device("mps")
    with qtbot.waitSignals([state.network_changed, state.gates_changed, state.block_changed]):
        state.restore(good)
    assert (state.snapshot, state.block) == (good, "")
    assert state.undo_stack.count() == state.undo_stack.index() == 1
    assert state.undo_stack.undoText() == "skip of layer1.0 off"
    state.undo_stack.undo()
    assert state.snapshot.gates.all_on


def test_a_step_that_fails_when_it_is_undone_is_done_again(qtbot: QtBot) -> None:
    state = ExplorerState(fakes.photo())
    state.set_network("resnet20")
    good = state.snapshot
    state.undo_stack.undo()
    state.restore(good)
    assert state.snapshot == good
    assert state.undo_stack.undoText() == "network ResNet-20"
    assert not state.undo_stack.canRedo()


def test_a_drag_that_fails_ends_where_it_last_gave_a_result(qtbot: QtBot) -> None:
    state = ExplorerState(fakes.photo())
    state.set_crop(Crop(0, 0, 20), "drag")
    good = state.snapshot
    state.set_crop(Crop(1, 0, 20), "drag")
    state.restore(good)
    assert state.snapshot == good
    assert state.undo_stack.count() == 1
    state.undo_stack.undo()
    assert state.snapshot.crop is None
    state.undo_stack.redo()
    assert state.snapshot == good


def test_a_session_is_taken_whole_as_one_step(qtbot: QtBot) -> None:
    state = ExplorerState(fakes.photo())
    before = state.snapshot
    other = Snapshot("resnet20", fakes.photo(), target=2, device="cpu")
    state.take(other, "layer2.0")
    assert (state.snapshot, state.block) == (other, "layer2.0")
    assert state.undo_stack.undoText() == "opened session"
    state.undo_stack.undo()
    assert (state.snapshot.network, state.snapshot.photo) == (before.network, before.photo)


def test_a_video_is_one_step_and_its_frames_are_none(qtbot: QtBot) -> None:
    state = ExplorerState(fakes.photo())
    photo = state.snapshot.photo
    first, second, third = fakes.frames(3)
    state.set_crop(Crop(0, 0, 20))
    state.set_target(2)
    state.set_frame(first)
    assert state.undo_stack.undoText() == "clip.mp4"
    assert (state.snapshot.crop, state.snapshot.target) == (None, None)
    state.set_crop(Crop(1, 1, 30))
    state.set_target(4)
    with (
        qtbot.assertNotEmitted(state.snapshot_changed),
        qtbot.waitSignals([state.photo_changed, state.frame_changed]),
    ):
        state.set_frame(second)
    assert (state.snapshot.crop, state.snapshot.target) == (Crop(1, 1, 30), 4)
    assert state.undo_stack.count() == 5
    state.toggle_skip("layer1.0")
    state.set_frame(third)
    assert state.undo_stack.count() == 6
    state.undo_stack.undo()
    assert state.snapshot.photo is third
    assert state.snapshot.gates.all_on
    state.undo_stack.undo()
    state.undo_stack.undo()
    assert (state.snapshot.photo, state.snapshot.crop) == (third, None)
    state.undo_stack.undo()
    assert (state.snapshot.photo, state.snapshot.target) == (photo, 2)


def test_going_back_keeps_the_newest_frame(qtbot: QtBot) -> None:
    state = ExplorerState(fakes.photo(), "resnet20")
    first, second, third = fakes.frames(3)
    state.set_frame(first)
    good = state.snapshot
    state.set_frame(second)
    state.set_network("resnet56")
    state.set_frame(third)
    state.restore(good)
    assert (state.snapshot.network, state.snapshot.photo) == ("resnet20", third)
    assert state.undo_stack.count() == 1
