"""What nobody expected is said and written down."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from resnet_viz.views.shell import problems
from resnet_viz.views.shell.problems import Problems, log_folder


@pytest.fixture
def watched(qtbot: QtBot, tmp_path: Path) -> Iterator[Problems]:
    before = sys.excepthook
    made = Problems(tmp_path / "log")
    made.watch()
    yield made
    made.end()
    assert sys.excepthook is before


def fail(words: str) -> None:
    raise RuntimeError(words)


def raised_in_a_slot(qtbot: QtBot, watched: Problems, words: str) -> list[str]:
    """The sentence and the details."""
    with qtbot.waitSignal(watched.happened) as happened:
        QTimer.singleShot(0, lambda: fail(words))
    return list(happened.args)


def test_an_exception_in_a_slot_is_said_and_written_down(qtbot: QtBot, watched: Problems) -> None:
    sentence, details = raised_in_a_slot(qtbot, watched, "no such block\nsecond line")
    assert "RuntimeError: no such block)" in sentence
    assert str(watched.path) in sentence
    assert "in fail" in details
    written = watched.path.read_text(encoding="utf-8")
    assert "no such block" in written
    assert "in fail" in written


def test_what_fails_again_and_again_is_said_once(qtbot: QtBot, watched: Problems) -> None:
    said: list[str] = []
    watched.happened.connect(lambda sentence, _: said.append(sentence))
    for _ in range(3):
        try:
            fail("in every frame")
        except RuntimeError:
            sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
    assert len(said) == 1


def test_the_log_stays_small(
    qtbot: QtBot, watched: Problems, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(60):
        raised_in_a_slot(qtbot, watched, f"{number} {'x' * 20_000}")
    files = list(watched.path.parent.iterdir())
    assert len(files) == 2
    assert sum(file.stat().st_size for file in files) < 2 * problems.LARGEST + 50_000


def test_without_a_folder_problems_are_still_said(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "log").write_text("a file where the folder should be")
    made = Problems(tmp_path / "log")
    made.watch()
    try:
        assert "odd" in raised_in_a_slot(qtbot, made, "odd")[0]
    finally:
        made.end()


def test_the_log_is_in_the_users_own_folder() -> None:
    assert log_folder().is_absolute()
    assert "resnet-viz" in str(log_folder())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_log_on_a_full_disk_is_not_said_to_hold_anything(
    qtbot: QtBot, watched: Problems, capfd: pytest.CaptureFixture[str]
) -> None:
    watched.path.symlink_to("/dev/full")
    sentence, details = raised_in_a_slot(qtbot, watched, "first")
    assert f"{watched.path} cannot be written, so copy the details now" in sentence
    assert "in fail" in details
    assert "Logging error" not in capfd.readouterr().err
    watched.path.unlink()
    watched.path.touch()
    sentence, _ = raised_in_a_slot(qtbot, watched, "second")
    assert sentence.endswith(f"The details are in {watched.path}")
