"""A photo is removed while it is open: what is in memory goes on, the rest is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from resnet_viz.images.photo import Crop
from resnet_viz.views.shell import recent
from tests.gui.conftest import Driver


@pytest.mark.long
def test_what_is_open_stays_when_its_file_goes(driver: Driver, tmp_path: Path) -> None:
    photos = [tmp_path / f"{name}.png" for name in ("a", "b")]
    for number, path in enumerate(photos):
        Image.effect_noise((90, 60), 50 + number).convert("RGB").save(path)
    window, wait = driver.show().window, driver.qtbot.waitUntil

    def says(text: str) -> bool:
        return window.message.isVisible() and text in window.message.text.text()

    window.choices.choose_network("resnet20")
    window.opening.open_photos(list(map(str, photos)))
    wait(lambda: window.state.snapshot.photo.name == "a.png", timeout=60_000)
    driver.next_result()
    for path in photos:
        path.unlink()

    window.state.set_skips(["layer1.0"], on=False)
    window.state.set_crop(Crop(5, 5, 30))
    shown = driver.next_result()
    assert not window.message.isVisible()

    window.engine.photos.go(1)
    wait(lambda: says("b.png does not exist"), timeout=60_000)
    assert window.state.snapshot == shown.snapshot

    window.message.clear()
    session = tmp_path / "a.resnet.json"
    window.sessions.save_to(session)
    wait(lambda: window.sessions.path == session, timeout=60_000)
    window.sessions.open(session)
    wait(lambda: says("a.png does not exist"), timeout=60_000)
    assert window.state.snapshot == shown.snapshot

    window.opening.open_sample("coins")
    wait(lambda: window.state.snapshot.photo.name != "a.png", timeout=60_000)
    driver.next_result()
    window.state.undo_stack.undo()
    assert driver.next_result().snapshot == shown.snapshot
    assert recent.paths(window.settings) == [str(session)]
