"""Every kind of the pack in the real window: the network that it shows, or what it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from resnet_viz.networks import weights
from resnet_viz.results.result import Result
from resnet_viz.views.shell.main_window import MainWindow
from tests import pack
from tests.gui.conftest import discard

MAKE = pack.load()
NAMES = [] if MAKE is None else MAKE.names()
pytestmark = [pytest.mark.long, pytest.mark.skipif(MAKE is None, reason=pack.WHY)]


@pytest.fixture(scope="module")
def window(qapp: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MainWindow]:
    """One window that all files are dropped on, one after the other."""
    path = tmp_path_factory.mktemp("settings") / "settings.ini"
    made = MainWindow(QSettings(str(path), QSettings.Format.IniFormat))
    made.resize(1280, 800)
    made.show()
    yield made
    discard(made)


def idle(window: MainWindow) -> bool:
    """True when the result on screen is that of what was chosen last."""
    result = window.engine.result
    return result is not None and result.snapshot == window.state.snapshot


@pytest.mark.parametrize("name", NAMES)
def test_each_kind_is_shown_or_refused_in_the_window(
    window: MainWindow, name: str, tmp_path: Path, qtbot: QtBot
) -> None:
    kind = MAKE.read(name)
    path = MAKE.make(name, tmp_path)
    qtbot.waitUntil(lambda: idle(window), timeout=120_000)
    before = window.engine.result
    window.message.say("")
    window.open_path(str(path))
    qtbot.waitUntil(
        lambda: idle(window) and path.name in window.message.text.text(), timeout=120_000
    )
    said, now = window.message.text.text(), window.engine.result
    assert not MAKE.marker_of(path).exists()
    if now is before:
        assert pack.may_be_refused(kind), said
        assert pack.says(kind, said), said
        return
    assert isinstance(now, Result)
    assert pack.has_to_open(kind) or kind.get("either")
    choice, spec = now.snapshot.weights, now.snapshot.spec
    assert choice.path == str(path)
    assert now.structure.input_shape == (kind["input"]["channels"], *(spec.input_size,) * 2)
    assert np.isfinite(now.now.logits).all()
    assert len(now.now.logits) == len(now.labels) == spec.classes
    if kind.get("hidden") or "reference" not in kind:
        return
    network = spec.build()
    weights.load(network, spec, choice)
    assert pack.apart(network, kind, MAKE.input_for(kind)) < pack.TOLERANCE, said
