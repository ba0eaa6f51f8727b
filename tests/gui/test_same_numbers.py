"""The window and the command line give the same numbers for the same choices."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from resnet_viz import cli
from resnet_viz.figures.table import Table, table_of
from resnet_viz.results.result import Result
from tests.gui.conftest import Driver

CASES = (("resnet20", "off"), ("resnet56", "stage:2"), ("plain20", "on"))


@pytest.mark.long
def test_window_and_command_line_agree(
    driver: Driver, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "photo.png"
    noise = [Image.effect_noise((90, 60), 50 + number) for number in range(3)]
    Image.merge("RGB", noise).save(path)
    window = driver.show().window
    window.state.set_device("cpu")
    window.open_path(str(path))
    driver.qtbot.waitUntil(lambda: window.state.snapshot.photo.path == str(path))
    for network, skips in CASES:
        window.choices.choose_network(network)
        structure = driver.next_result().structure
        closed = {"off": structure.skips, "stage:2": structure.stages[1].skips}.get(skips, ())
        window.state.set_gates(window.state.snapshot.gates.with_skips(closed, 0.0))
        result = driver.next_result()
        figures = {one.name: one for one in window.explorer.figures()}

        asked = ["analyze", str(path), "--json", "--device", "cpu"]
        assert cli.main([*asked, "--network", network, "--skips", skips]) == 0
        (said,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        same(said, result, table_of(figures["gradient-flow"]))


def same(said: dict[str, Any], result: Result, drawn: Table) -> None:
    """What was printed is what the window holds, and what it draws."""
    assert said["target"] == result.labels[result.now.target]
    for key, run in (("top5", result.now), ("top5_all_on", result.all_on)):
        for one, index in zip(said[key], run.top(5), strict=True):
            assert one["class"] == result.labels[index]
            assert one["probability"] == equal(run.probabilities[index])
            assert one["output"] == equal(run.logits[index])
    passes = zip(said["blocks"], result.now.blocks, result.all_on.blocks, drawn.rows, strict=True)
    for one, now, on, row in passes:
        assert one["name"] == now.name == row[0]
        assert one["gradient_norm"] == equal(now.gradient_norm) == equal(row[1])
        assert one["gradient_norm_all_on"] == equal(on.gradient_norm)
        assert one["activation_norm"] == equal(now.activation_norm)
        assert one["skip_share"] == (now.skip_share and equal(now.skip_share))


def equal(value: Any) -> Any:
    return pytest.approx(float(value), rel=1e-6, nan_ok=True)
