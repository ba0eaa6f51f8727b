"""The instruments of the science at each block, with real clicks."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from resnet_viz.views.instruments.alignment import AlignmentPanel
from resnet_viz.views.instruments.readout import ReadoutPanel
from resnet_viz.views.instruments.refinement import RefinementPanel
from tests.gui.conftest import Driver

LEFT = Qt.MouseButton.LeftButton


@pytest.mark.long
def test_refinement_and_alignment_are_measured_and_a_click_selects_a_block(driver: Driver) -> None:
    window, qtbot = driver.show().window, driver.qtbot
    window.state.set_network("resnet20")
    driver.next_result()
    window.turn_to_page("instruments")
    page = window.pages["instruments"]
    panel = page.panel("refinement")  # type: ignore[attr-defined]
    assert isinstance(panel, RefinementPanel)
    if panel.result is None and not panel.channel.running:
        qtbot.mouseClick(panel.measure, LEFT)
    qtbot.waitUntil(lambda: panel.result is not None and panel.settled, timeout=60_000)
    assert panel.plot.chart == panel.figures()[0].panels[0]
    panel.plot.clicked.emit(4)
    assert window.state.block == "layer2.1"
    assert panel.plot.marker.value() == 4
    assert panel.table() is not None
    compile(panel.script(None), "refinement", "exec")

    other = page.panel("alignment")  # type: ignore[attr-defined]
    assert isinstance(other, AlignmentPanel)
    if other.result is None and not other.channel.running:
        qtbot.mouseClick(other.measure, LEFT)
    qtbot.waitUntil(lambda: len(other.plots) == 2 and other.settled, timeout=60_000)
    assert [len(row) for row in other.plots] == [3, 3]
    plot = other.plots[0][2]
    spot = plot.on_screen((0, 2)).toPoint()
    qtbot.mouseClick(plot.plot.viewport(), LEFT, pos=spot, delay=5)
    assert window.state.block == "layer3.2"
    assert len(other.figures()[0].panels) == 6
    compile(other.script(None), "alignment", "exec")


def test_the_readout_is_a_row_of_answers(driver: Driver) -> None:
    window, qtbot = driver.show().window, driver.qtbot
    window.state.set_network("resnet20")
    driver.next_result()
    window.turn_to_page("instruments")
    panel = window.pages["instruments"].panel("readout")  # type: ignore[attr-defined]
    assert isinstance(panel, ReadoutPanel)
    if panel.result is None and not panel.channel.running:
        qtbot.mouseClick(panel.measure, LEFT)
    qtbot.waitUntil(lambda: panel.result is not None and panel.settled, timeout=60_000)
    result = panel.result
    assert result is not None
    assert (panel.row.rowCount(), panel.row.columnCount()) == (2, 9)
    compile(panel.script(None), "readout", "exec")
    first = panel.row.item(0, 0)
    assert first is not None
    assert first.text().startswith(result.labels[result.with_skips[0].label])
    at = panel.row.visualItemRect(panel.row.item(0, 3)).center()
    qtbot.mouseClick(panel.row.viewport(), LEFT, pos=at)
    assert window.state.block == "layer2.0"
    assert panel.photo.marker.value() == 3
