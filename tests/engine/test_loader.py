"""Photos are decoded elsewhere; the newest wins."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from resnet_viz.engine.loader import Loader
from resnet_viz.images.photo import Photo, PhotoError
from tests import fakes


def test_only_the_newest_photo_arrives(qtbot: QtBot) -> None:
    loader, go = Loader(), threading.Event()
    photos: list[Photo] = []
    loader.loaded.connect(photos.append)
    old, new = fakes.photo(), fakes.photo()

    def slow() -> Photo:
        go.wait(5)
        return old

    loader.load(slow)
    loader.load(lambda: new)
    go.set()
    qtbot.waitUntil(lambda: bool(photos))
    loader.close()
    QCoreApplication.processEvents()
    assert photos == [new]


def test_a_broken_photo_is_a_sentence(qtbot: QtBot) -> None:
    loader = Loader()

    def broken() -> Photo:
        raise PhotoError("x.jpg is broken")

    with qtbot.waitSignal(loader.failed) as signal:
        loader.load(broken)
    assert signal.args == ["x.jpg is broken"]
    loader.close()


@pytest.mark.parametrize("error", [ZeroDivisionError("division by zero"), MemoryError()])
def test_an_error_that_nobody_expected_is_a_sentence_too(qtbot: QtBot, error: Exception) -> None:
    loader = Loader()

    def broken() -> Photo:
        raise error

    with qtbot.waitSignal(loader.failed) as signal:
        loader.load(broken)
    (sentence,) = signal.args
    assert type(error).__name__ in sentence
    assert "try another one" in sentence
    with qtbot.waitSignal(loader.loaded):
        loader.load(fakes.photo)
    loader.close()
    assert loader.ended


def test_closing_waits_for_so_long_and_no_longer(qtbot: QtBot) -> None:
    loader, begun, go = Loader(), threading.Event(), threading.Event()
    photos: list[Photo] = []
    loader.loaded.connect(photos.append)

    def slow() -> Photo:
        begun.set()
        go.wait(60)
        return fakes.photo()

    loader.load(slow)
    assert begun.wait(5)
    loader.close(patience=0.01)
    assert not loader.ended
    go.set()
    qtbot.waitUntil(lambda: loader.ended)
    QCoreApplication.processEvents()
    assert photos == []
