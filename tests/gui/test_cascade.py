"""The cascade: step by step with the results, paused, stopped, reversed, and in the window."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from resnet_viz.engine.cascade import Cascade
from resnet_viz.engine.state import ExplorerState
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.result import Snapshot
from resnet_viz.views.explorer.cascade import CascadeView
from tests import fakes
from tests.gui.conftest import Driver, settle

SKIPS = tuple(fakes.structure().skips)


class Rig:
    """A state, a cascade and its view; `answer` plays the worker."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.state = ExplorerState(fakes.photo(), "resnet20")
        self.cascade = Cascade(self.state)
        self.cascade.pause_ms = 0
        self.view = CascadeView(self.state, self.cascade)
        qtbot.addWidget(self.view)
        self.view.resize(560, 420)
        self.view.show()
        self.asked: list[Snapshot] = []
        self.state.snapshot_changed.connect(self.asked.append)
        self.made = {on: fakes.result(gates=gates) for on, gates in (
            (True, None), (False, GateSettings().with_skips(SKIPS, 0.0)))}  # fmt: skip
        self.answer()

    @property
    def off(self) -> set[str]:
        gates = self.state.snapshot.gates
        return {name for name in SKIPS if gates.skip(name) == 0.0}

    def answer(self) -> None:
        """The result of the state as it is; the stem's gradient falls tenfold with each skip."""
        made = self.made[not self.off]
        first, *others = made.now.blocks
        first = replace(first, gradient_norm=10.0 ** -len(self.off))
        now = replace(made.now, blocks=(first, *others))
        result = replace(made, snapshot=self.state.snapshot, now=now)
        self.view.show_result(result)
        self.cascade.show_result(result)

    def step(self) -> None:
        """Answer, and wait until the cascade has asked for more or has ended."""
        before = self.cascade.position
        self.answer()
        self.qtbot.waitUntil(
            lambda: self.cascade.position != before or self.cascade.phase == "idle"
        )

    def finish(self) -> None:
        while self.cascade.phase != "idle":
            self.step()


@pytest.fixture
def rig(qtbot: QtBot) -> Rig:
    return Rig(qtbot)


@pytest.mark.parametrize(("index", "order"), [(0, SKIPS), (1, SKIPS[::-1])])
def test_skips_go_off_one_by_one_in_order(
    qtbot: QtBot, rig: Rig, index: int, order: tuple[str, ...]
) -> None:
    rig.view.order.setFocus()
    for _ in range(index):
        qtbot.keyClick(rig.view.order, Qt.Key.Key_Down)
    qtbot.mouseClick(rig.view.run, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: rig.cascade.position == 1)  # all on was on screen already
    seen = [rig.off]
    while rig.cascade.phase != "idle":
        rig.step()
        seen.append(rig.off)
    assert [len(off) for off in seen] == [*range(1, 10), 9]
    assert all(off == set(order[: len(off)]) for off in seen)
    assert list(rig.cascade.trace) == list(range(10))
    for off, point in rig.cascade.trace.items():
        assert point.gradient == 10.0**-off
        assert point.block == (order[off - 1] if off else "")
    x, y = rig.view.trace.plot.lines[0].getData()
    assert x.tolist() == list(range(10))
    assert y[0] == 0.0  # decades
    assert y[9] == -9.0
    assert rig.view.sentence.said.startswith(f"9 off (last: {order[-1]})")


def test_it_waits_for_each_result(qtbot: QtBot, rig: Rig) -> None:
    rig.cascade.toggle()
    qtbot.waitUntil(lambda: rig.cascade.position == 1)
    settle(qtbot)
    assert rig.cascade.position == 1
    assert len(rig.asked) == 1
    rig.step()
    assert rig.cascade.position == 2


def test_random_order_comes_from_the_seed(rig: Rig) -> None:
    rig.cascade.order = "random"
    first = rig.cascade.ordered(SKIPS)
    assert first == rig.cascade.ordered(SKIPS)
    assert sorted(first) == sorted(SKIPS)
    rig.view.seed.setValue(5)
    assert rig.cascade.ordered(SKIPS) != first


def test_it_is_paused_and_goes_on(qtbot: QtBot, rig: Rig) -> None:
    rig.cascade.toggle()
    qtbot.waitUntil(lambda: rig.cascade.position == 1)
    qtbot.mouseClick(rig.view.run, Qt.MouseButton.LeftButton)
    assert rig.view.run.text() == "Go on"
    rig.answer()
    settle(qtbot)
    assert rig.cascade.position == 1
    assert 1 in rig.cascade.trace
    qtbot.mouseClick(rig.view.run, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: rig.cascade.position == 2)


def test_stop_leaves_the_skips_and_back_switches_them_on(qtbot: QtBot, rig: Rig) -> None:
    rig.cascade.toggle()
    qtbot.waitUntil(lambda: rig.cascade.position == 1)
    rig.step()
    rig.step()
    rig.answer()
    qtbot.mouseClick(rig.view.stop, Qt.MouseButton.LeftButton)
    reached = rig.off
    assert len(reached) >= 3
    settle(qtbot)
    assert rig.off == reached
    qtbot.mouseClick(rig.view.back, Qt.MouseButton.LeftButton)
    rig.finish()
    assert rig.off == set()
    assert not rig.view.back.isEnabled()


def test_from_all_off_it_switches_on(rig: Rig) -> None:
    rig.state.set_skips(SKIPS, on=False)
    rig.answer()
    rig.cascade.toggle()
    rig.finish()
    assert rig.off == set()
    assert sorted(rig.cascade.trace) == list(range(10))


def test_a_skip_by_hand_ends_it(qtbot: QtBot, rig: Rig) -> None:
    rig.cascade.toggle()
    qtbot.waitUntil(lambda: rig.cascade.position == 1)
    rig.state.toggle_skip(SKIPS[5])
    assert rig.cascade.phase == "idle"
    rig.answer()
    settle(qtbot)
    assert rig.off == {SKIPS[0], SKIPS[5]}
    assert 0 in rig.cascade.trace  # still this network and photo
    rig.state.set_target(5)
    rig.answer()
    assert rig.cascade.trace == {}


def test_a_plain_network_says_why_and_links_to_its_twin(rig: Rig) -> None:
    rig.state.set_network("plain20")
    made = fakes.result("plain20")
    made = replace(made, snapshot=rig.state.snapshot)
    rig.view.show_result(made)
    rig.cascade.show_result(made)
    rig.cascade.toggle()
    assert rig.cascade.phase == "idle"
    assert "Plain-20 has no skips to switch off" in rig.view.no_skips.said
    rig.view.no_skips.linkActivated.emit("resnet20")
    assert rig.state.snapshot.network == "resnet20"


def test_tempo_is_a_pause_between_steps(rig: Rig) -> None:
    rig.view.tempo.setValue(rig.view.tempo.maximum())
    assert rig.cascade.pause_ms == 0
    rig.view.tempo.setValue(0)
    assert rig.cascade.pause_ms == 2000
    assert rig.view.tempo_text.text() == "+2.0 s"


def test_keys_run_it_in_the_window(qtbot: QtBot, driver: Driver) -> None:
    window = driver.window
    window.state.set_network("resnet20")
    driver.show()
    window.activateWindow()
    assert not window.explorer.docks["cascade"].isVisible()
    window.explorer.cascade.pause_ms = 0
    qtbot.keyClick(window, Qt.Key.Key_C)
    assert window.explorer.docks["cascade"].isVisible()
    qtbot.waitUntil(lambda: len(window.explorer.cascade.trace) >= 4, timeout=60_000)
    qtbot.keyClick(window, Qt.Key.Key_C)
    assert window.explorer.cascade.phase == "paused"
    qtbot.keyClick(window, Qt.Key.Key_C)
    qtbot.waitUntil(lambda: window.explorer.cascade.phase == "idle", timeout=60_000)
    trace = window.explorer.cascade.trace
    assert sorted(trace) == list(range(10))
    assert trace[9].gradient < trace[0].gradient / 5
    assert not any(map(window.state.snapshot.gates.skip, window.explorer.cascade.skips))
    qtbot.keyClick(window, Qt.Key.Key_C, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: window.explorer.cascade.position < 8, timeout=60_000)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert window.explorer.cascade.phase == "idle"
