"""The instrument Folder in the window: contact sheet, filters, the map, neighbours, export."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt

from resnet_viz.results.folder import FolderPhoto
from resnet_viz.views.instruments.folder import NO_PHOTOS, FolderPanel
from resnet_viz.views.instruments.panel import STALE
from tests.gui.conftest import Driver

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "album"
    for number, name in enumerate(("cat", "ship")):
        (made / name).mkdir(parents=True)
        for place in range(3):
            random = np.random.default_rng(10 * number + place)
            pixels = random.integers(0, 256, (40, 48, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(made / name / f"{place}.png")
    (made / "cat" / "broken.png").write_bytes(b"no picture")
    return made


@pytest.fixture
def panel(driver: Driver, folder: Path) -> FolderPanel:
    """The instrument, with the folder open and measured."""
    window, qtbot = driver.show().window, driver.qtbot
    window.state.set_network("resnet20")
    driver.next_result()
    window.turn_to_page("instruments")
    made = window.pages["instruments"].panel("folder")  # type: ignore[attr-defined]
    assert isinstance(made, FolderPanel)
    assert made.invitation.isVisible()
    assert made.invitation.text() == NO_PHOTOS
    window.open_path(str(folder))
    first = str(folder / "cat" / "0.png")
    qtbot.waitUntil(lambda: window.state.snapshot.photo.path == first, timeout=30_000)
    driver.next_result()
    if made.result is None and not made.channel.running:
        qtbot.mouseClick(made.measure, LEFT)
    qtbot.waitUntil(lambda: made.result is not None and made.settled, timeout=90_000)
    return made


def names(photos: list[FolderPhoto]) -> list[str]:
    return [f"{one.folder}/{one.name}" for one in photos]


def test_a_folder_becomes_a_contact_sheet_that_can_be_filtered(
    driver: Driver, panel: FolderPanel, folder: Path
) -> None:
    sheet = panel.sheet
    files = ["cat/0.png", "cat/1.png", "cat/2.png", "cat/broken.png",
             "ship/0.png", "ship/1.png", "ship/2.png"]  # fmt: skip
    assert names(sheet.shown) == files
    assert not panel.invitation.isVisible()
    assert "One file was passed over" in panel.measured.text()
    assert "is not an image that can be read" in panel.measured.text()
    first = sheet.photos[0]
    assert first.on is not None
    assert panel.result is not None
    assert f"{panel.result.labels[first.on.label]} " in sheet.item(0).text()
    assert "cannot be opened" in sheet.item(3).text()
    for which, keep in (("right", True), ("wrong", False)):
        panel.which.setCurrentIndex(panel.which.findData(which))
        assert names(sheet.shown) == [
            f"{one.folder}/{one.name}" for one in sheet.photos if one.right is keep
        ]
    panel.which.setCurrentIndex(panel.which.findData("broken"))
    assert names(sheet.shown) == ["cat/broken.png"]
    panel.which.setCurrentIndex(0)
    panel.kind.setCurrentIndex(panel.kind.findText("ship"))
    assert set(files[4:]) <= set(names(sheet.shown))
    panel.kind.setCurrentIndex(0)
    # The strip in the explorer has the same answers.
    strip = driver.window.engine.photos
    answer = strip.answer(6)
    assert answer is not None
    last = sheet.photos[6].on
    assert last is not None
    assert answer.label == panel.result.labels[last.label]


def test_arrows_points_and_neighbours_open_photos(
    driver: Driver, panel: FolderPanel, folder: Path
) -> None:
    window, qtbot = driver.window, driver.qtbot
    state = window.state
    assert panel.sheet.currentRow() == 0
    assert len(panel.near.photos) == 5
    qtbot.keyClick(panel.sheet, Qt.Key.Key_Right)
    second = str(folder / "cat" / "1.png")
    qtbot.waitUntil(lambda: state.snapshot.photo.path == second, timeout=30_000)
    for sheet, off in ((panel.near, False), (panel.near_off, True)):
        assert panel.result is not None
        found = panel.result.neighbours(second, 8, off)
        assert [one.path for one in sheet.photos] == [
            panel.result.photos[place].path for place, _ in found
        ]
        assert second not in [one.path for one in sheet.photos]
        assert f"cosine {found[0][1]:.2f}" in sheet.item(0).text()
    assert "all skips on" in panel.near_title.text()
    assert "5 of the same 5 are among the nearest" in panel.near_off_title.text()
    off_answer = panel.near_off.photos[0].on
    assert off_answer == panel.result.photos[found[0][0]].off
    assert panel.on.ringed is not None
    assert panel.off.ringed == panel.on.ringed
    ship = [one.name for one in panel.on.chart.series].index("ship")
    spot = panel.on.on_screen((ship, 0)).toPoint()
    nearest = panel.on.nearest(panel.on.plot.mapToScene(spot))
    assert nearest is not None
    qtbot.mouseClick(panel.on.plot.viewport(), LEFT, pos=spot, delay=5)
    kind = panel.on.chart.series[nearest[0]].name
    wanted = str(folder / kind / panel.on.tell(*nearest).split("\n")[0])
    qtbot.waitUntil(lambda: state.snapshot.photo.path == wanted, timeout=30_000)
    assert panel.sheet.photos[panel.sheet.currentRow()].path == wanted


@pytest.mark.long
def test_the_map_can_be_drawn_otherwise_and_everything_exported(
    driver: Driver, panel: FolderPanel
) -> None:
    qtbot = driver.qtbot
    figure = panel.figures()[0]
    assert len(figure.panels) == 2
    assert panel.on.chart.title == figure.panels[0].title
    compile(panel.script(None), "folder", "exec")
    panel.method.setCurrentIndex(panel.method.findData("tsne"))
    qtbot.waitUntil(
        lambda: panel.result.layout.method == "tsne",  # type: ignore[union-attr]
        timeout=60_000,
    )
    assert "mean nothing" in panel.measured.text()
    table = panel.table()
    assert table is not None
    assert len(table.rows) == 7
    assert table.columns[0] == "file"
    broken = table.rows[3]
    assert broken[2] is None
    assert "is not an image" in str(broken[-1])
    qtbot.waitUntil(lambda: panel.settled)
    driver.window.state.set_network("plain20")
    assert STALE in panel.measured.text()
