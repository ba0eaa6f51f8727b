"""`make soak`: thousands of actions on the real window; a minute of them among the other tests."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from resnet_viz.engine.garbage import Garbage
from resnet_viz.images import gallery
from resnet_viz.views.backbone.page import PARTS
from resnet_viz.views.instruments.registry import INSTRUMENTS
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.widgets import motion, theme
from resnet_viz.views.widgets.feature import Entry
from tests.gui.conftest import discard
from tests.soak.monkey import Monkey, nobody_asked, watching
from tests.video import make_video

SECONDS = float(os.environ.get("SOAK_SECONDS", "60"))
SEED = int(os.environ.get("SOAK_SEED", "1"))
ROUND = 20
"""Actions between two checks; well below the steps that can be undone."""
SPARE = 1.5
"""How many times the widgets there may be in the end: a result may have more parts than another."""
BUILT_LATER: dict[str, Sequence[Entry]] = {"instruments": INSTRUMENTS, "backbone": PARTS}
"""What pages build when it is first looked at."""


def test_a_monkey_finds_nothing(qapp: QApplication, qtbot: QtBot, tmp_path: Path) -> None:
    theme.apply(qapp, theme.DARK)
    motion.allow(False)
    garbage = Garbage()
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    settings.setValue("motion", False)
    with watching() as watch, nobody_asked():
        window = MainWindow(settings)
        window.resize(1366, 768)
        window.show()
        pictures = [gallery.load_sample(one.name).pixels[:240, :320] for one in gallery.SAMPLES[:3]]
        video = make_video(tmp_path / "clip.avi", pictures)
        monkey = Monkey(window, SEED, watch, video)
        levels: list[Counter[str]] = []
        end, middle = time.monotonic() + SECONDS, time.monotonic() + SECONDS / 2
        try:
            monkey.check()
            for entry in window.pages:  # all are built once before anything is counted
                window.turn_to_page(entry)
                for part in BUILT_LATER.get(entry, ()):
                    window.pages[entry].panel(part.name)  # type: ignore[attr-defined]
                    qapp.processEvents()
            while time.monotonic() < end:
                monkey.begin_again()
                for _ in range(ROUND):
                    monkey.act()
                monkey.check()
                monkey.undo_all()
                if time.monotonic() > middle and not levels:
                    levels.append(monkey.left())
            monkey.check()
            levels.append(monkey.left())
            first, last = levels[0], levels[-1]
            for name, number in last.items():
                most = SPARE * first[name] if name == "widgets" else first[name] + 2
                assert number <= most, f"{name}: {first[name]}, then {number}"
        except BaseException as error:
            error.add_note(f"SEED={SEED}, {monkey.told()}")
            raise
        finally:
            discard(window)
            garbage.close()
            motion.allow(True)
    print(f"{len(monkey.done)} actions, {last}")
    assert watch.found == []
