"""Photos are decoded elsewhere; the newest wins."""

from __future__ import annotations

import threading

from pytestqt.qtbot import QtBot

from resnet_viz.engine.loader import PhotoLoader
from resnet_viz.images.photo import Photo, PhotoError
from tests import fakes


def test_only_the_newest_photo_arrives(qtbot: QtBot) -> None:
    loader, go = PhotoLoader(), threading.Event()
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
    qtbot.wait(30)
    assert photos == [new]
    loader.close()


def test_a_broken_photo_is_a_sentence(qtbot: QtBot) -> None:
    loader = PhotoLoader()

    def broken() -> Photo:
        raise PhotoError("x.jpg is broken")

    with qtbot.waitSignal(loader.failed) as signal:
        loader.load(broken)
    assert signal.args == ["x.jpg is broken"]
    loader.close()
