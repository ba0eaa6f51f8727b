"""ExplorerState: frozen snapshots, one signal for each change."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from resnet_viz.engine.state import ExplorerState
from resnet_viz.images.photo import Crop
from resnet_viz.networks import catalog
from resnet_viz.networks.choice import WeightsChoice
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
