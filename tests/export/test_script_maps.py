"""Scripts of instruments that look at single blocks print the instruments' numbers.

Each runs in a fresh interpreter, which takes seconds: all but one are for `make test-long`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from resnet_viz.analysis.alignment import run as measure_alignment
from resnet_viz.analysis.attribution.task import run as attribute
from resnet_viz.analysis.backbone import run as measure_pyramid
from resnet_viz.analysis.depth import run as measure_depth
from resnet_viz.analysis.folder import run as measure_folder
from resnet_viz.analysis.readout import run as measure_readout
from resnet_viz.analysis.receptive import run as measure_fields
from resnet_viz.analysis.refinement import run as measure_refinement
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.shattering import run as measure_shattering
from resnet_viz.analysis.task import TaskContext
from resnet_viz.export.script import NoScript, cascade_script, channels_script, comparison_script
from resnet_viz.export.script_folder import folder_script
from resnet_viz.export.script_maps import (
    attribution_script,
    depth_script,
    pyramid_script,
    receptive_script,
)
from resnet_viz.export.script_science import alignment_script, readout_script, refinement_script
from resnet_viz.export.script_shattering import shattering_script
from resnet_viz.figures import backbone, readout
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.alignment import AlignmentRequest, AlignmentResult
from resnet_viz.results.attribution import AttributionRequest, AttributionResult
from resnet_viz.results.attribution_methods import METHODS
from resnet_viz.results.backbone import Pyramid, PyramidRequest
from resnet_viz.results.cascade import TracePoint
from resnet_viz.results.depth import DepthRequest, DepthResult
from resnet_viz.results.folder import FolderRequest, FolderResult, Layout
from resnet_viz.results.readout import ReadoutRequest, ReadoutResult
from resnet_viz.results.receptive import ReceptiveRequest, ReceptiveResult
from resnet_viz.results.receptive_channels import share_of, who_sees
from resnet_viz.results.refinement import RefinementRequest, RefinementResult
from resnet_viz.results.result import Snapshot
from resnet_viz.results.shattering import NOISE, Kind, ShatteringRequest, ShatteringResult
from tests import fakes
from tests.export.interpreter import printed

UNTRAINED = WeightsChoice("untrained")
slow = pytest.mark.long


@pytest.fixture(scope="module")
def context() -> TaskContext:
    return TaskContext(Session(), list, lambda: False)


def shown(network: str, weights: WeightsChoice | None = None) -> Snapshot:
    return Snapshot(network, fakes.photo(), weights=weights or WeightsChoice(), device="cpu")


def last(steps: Iterator[object], kind: type[Any]) -> Any:
    """The last result; tasks that wait for another request end with none."""
    found = None
    for step in steps:
        if isinstance(step, kind):
            found = step
            if kind is Pyramid:
                break
    assert found is not None
    return found


def floats(lines: list[list[str]], first: int) -> np.ndarray:
    return np.array([line[first:] for line in lines], float)


@pytest.mark.parametrize("network", ["resnet20", pytest.param("preact-resnet20", marks=slow)])
def test_iterative_refinement(network: str, context: TaskContext, tmp_path: Path) -> None:
    asked = shown(network, None if network == "resnet20" else UNTRAINED)
    made: RefinementResult = last(
        measure_refinement(RefinementRequest(asked), context), RefinementResult
    )
    lines = printed(refinement_script(made), tmp_path)
    assert tuple(line[0] for line in lines) == made.blocks
    wanted = np.stack([made.with_skips, made.without], axis=1)
    np.testing.assert_allclose(floats(lines, 1), wanted, rtol=1e-4, atol=1e-5)


@slow
@pytest.mark.parametrize("network", ["resnet20", "plain20"])
def test_the_readout(network: str, context: TaskContext, tmp_path: Path) -> None:
    made: ReadoutResult = last(
        measure_readout(ReadoutRequest(shown(network)), context), ReadoutResult
    )
    lines = printed(readout_script(made), tmp_path)
    rows = [[cell for cell in row if cell is not None] for row in readout.table(made).rows]
    assert len(lines) == len(rows)
    for line, row in zip(lines, rows, strict=True):
        for found, wanted in zip(line, row, strict=True):
            if isinstance(wanted, str):
                assert found == wanted
            else:
                assert float(found) == pytest.approx(wanted, rel=1e-4)


@slow
@pytest.mark.parametrize("network", ["resnet20", "resnet20-projection"])
def test_residual_alignment(network: str, context: TaskContext, tmp_path: Path) -> None:
    asked = shown(network, None if network == "resnet20" else UNTRAINED)
    made: AlignmentResult = last(
        measure_alignment(AlignmentRequest(asked), context), AlignmentResult
    )
    assert len(made.both) == 2
    lines = printed(alignment_script(made), tmp_path)
    wanted = [
        (one.on.network, name, *way.places[number], way.straight)
        for one in made.both
        for way in one.ways
        if len(way.blocks) > 1
        for number, name in enumerate(way.blocks)
    ]
    assert [tuple(line[:2]) for line in lines] == [row[:2] for row in wanted]
    numbers = np.array([row[2:] for row in wanted], float)
    np.testing.assert_allclose(floats(lines, 2), numbers, rtol=1e-4, atol=1e-3)


@slow
@pytest.mark.parametrize(
    ("network", "weights"),
    [("resnet20", None), ("plain20", None), ("resnet20", UNTRAINED), ("lenet5", UNTRAINED)],
)
def test_receptive_fields(
    network: str, weights: WeightsChoice | None, context: TaskContext, tmp_path: Path
) -> None:
    request = ReceptiveRequest(shown(network, weights), 0.3, 0.6)
    made: ReceptiveResult = last(measure_fields(request, context), ReceptiveResult)
    lines = printed(receptive_script(made), tmp_path)
    assert tuple(line[0] for line in lines) == made.blocks
    sides = (False, True) if made.two_sides else (False,)
    for line in lines:
        fields = [made.field(line[0], off) for off in sides]
        assert [int(line[1])] * len(fields) == [one.theoretical for one in fields if one]
        # A pixel whose gradient is as good as at the edge may fall on either side of it.
        wanted = [one.effective for one in fields if one]
        np.testing.assert_allclose([float(cell) for cell in line[2:]], wanted, rtol=2e-4)


CHEAP = tuple(name for name, one in METHODS.items() if name != "deep_lift" and one.gradients < 9)


@slow
@pytest.mark.parametrize(
    ("network", "weights", "methods"),
    [
        ("resnet20", None, tuple(name for name in METHODS if name != "deep_lift")),
        ("preact-resnet20", UNTRAINED, ("grad_cam", "gradient", "integrated_gradients")),
        ("plain20", None, CHEAP),
        ("lenet5", UNTRAINED, ("grad_cam", "layer_cam", "gradient", "input_gradient")),
    ],
)
def test_attribution(
    network: str,
    weights: WeightsChoice | None,
    methods: tuple[str, ...],
    context: TaskContext,
    tmp_path: Path,
) -> None:
    block = "layer2.1" if "20" in network else ""
    request = AttributionRequest(shown(network, weights), methods, block, 3, 5)
    made: AttributionResult = last(attribute(request, context), AttributionResult)
    lines = printed(attribution_script(made), tmp_path)
    check_maps([(one.method, one.off, one.values) for one in made.maps], lines)


def check_maps(maps: list[tuple[str, bool, np.ndarray]], lines: list[list[str]]) -> None:
    start = 0
    for name, off, values in maps:
        some = lines[start : start + values.size]
        start += values.size
        assert {(line[0], float(line[2])) for line in some} == {(name, 0.0 if off else 1.0)}
        # A loss of score is a small difference of logits, which float32 rounds.
        greatest = float(np.abs(values).max()) + 0.02 * (name in ("occlusion", "ablation_cam"))
        np.testing.assert_allclose(
            floats(some, 5)[:, 0], values.ravel(), rtol=1e-3, atol=1e-4 * greatest, err_msg=name
        )
    assert start == len(lines)


@slow
def test_one_method_at_every_block(context: TaskContext, tmp_path: Path) -> None:
    request = DepthRequest(shown("resnet20"), "layer_cam")
    made: DepthResult = last(measure_depth(request, context), DepthResult)
    lines = printed(depth_script(made), tmp_path)
    assert list(dict.fromkeys(line[1] for line in lines)) == list(made.blocks)
    check_maps([("layer_cam", one.off, one.values) for one in made.maps], lines)


@slow
@pytest.mark.parametrize("kind", ["similarity", "components"])
def test_the_pyramid(kind: backbone.Kind, context: TaskContext, tmp_path: Path) -> None:
    made: Pyramid = last(measure_pyramid(PyramidRequest(shown("resnet20")), context), Pyramid)
    lines = printed(pyramid_script(made, kind, 0.3, 0.7), tmp_path)
    found = {(line[0], "on" if float(line[1]) else "off"): line[-3:] for line in lines}
    table = backbone.table(made, kind, 0.3, 0.7)
    wanted = {(str(row[0]), str(row[2]).removeprefix("skips ")): row[-3:] for row in table.rows}
    assert found.keys() == wanted.keys()
    for key, numbers in wanted.items():
        np.testing.assert_allclose(np.array(found[key], float), np.array(numbers, float), 1e-4)


def test_what_no_few_lines_can_compute_says_why(context: TaskContext) -> None:
    asked = shown("resnet20")
    request = AttributionRequest(asked, ("grad_cam",), "", 3)
    made: AttributionResult = last(attribute(request, context), AttributionResult)
    other = replace(made.maps[0], method="deep_lift")
    with pytest.raises(NoScript, match="DeepLift"):
        attribution_script(replace(made, maps=(other,)))


@slow
@pytest.mark.parametrize("network", ["resnet20", "plain20"])
def test_a_folder_of_photos(network: str, context: TaskContext, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    paths = []
    for number, name in enumerate(("cat", "cat", "ship", "ship", "frog")):
        path = tmp_path / "album" / name / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        size = (300, 200) if number == 1 else (40 + number, 48)
        smooth = fakes.photo(*size).pixels
        noise = random.integers(0, 128, smooth.shape)
        Image.fromarray((smooth // 2 + noise).astype(np.uint8)).save(path)
        paths.append(str(path))
    (tmp_path / "album" / "cat" / "broken.png").write_bytes(b"no picture")
    paths.insert(1, str(tmp_path / "album" / "cat" / "broken.png"))
    request = FolderRequest(shown(network), tuple(paths))
    steps = list(measure_folder(request, context))
    measured: FolderResult = last(iter(steps), FolderResult)
    layout: Layout = last(iter(steps), Layout)
    lines = printed(folder_script(measured), tmp_path)
    photos = [measured.photos[place] for place in measured.opened]
    assert [line[0] for line in lines] == [f"{one.folder}/{one.name}" for one in photos]
    sides = [(layout.on, [one.on for one in photos])]
    if layout.off is not None:
        sides.append((layout.off, [one.off for one in photos]))
    for number, (places, answers) in enumerate(sides):
        cells = [line[1 + 4 * number : 5 + 4 * number] for line in lines]
        assert [one[0] for one in cells] == [measured.labels[a.label] for a in answers if a]
        odds = [a.probability for a in answers if a]
        np.testing.assert_allclose([float(one[1]) for one in cells], odds, rtol=1e-4)
        spots = floats([one[2:] for one in cells], 0)
        np.testing.assert_allclose(spots, places, rtol=1e-3, atol=1e-3 * np.abs(places).max())
    bare = replace(
        measured, on=replace(measured.on, weights=replace(measured.on.weights, trained=False))
    )
    with pytest.raises(NoScript, match="untrained"):
        folder_script(bare)


@slow
@pytest.mark.parametrize(
    ("kind", "norm", "second"),
    [
        ("fully connected", True, NOISE),
        ("convolutional", True, "coffee"),
        ("convolutional", False, NOISE),
    ],
)
def test_shattering(
    kind: Kind, norm: bool, second: str, context: TaskContext, tmp_path: Path
) -> None:
    depth = 10 if kind == "fully connected" else 8
    request = ShatteringRequest(shown("resnet20"), kind, depth, norm, second=second, runs=2, seed=3)
    made: ShatteringResult = last(measure_shattering(request, context), ShatteringResult)
    lines = printed(shattering_script(made), tmp_path)
    curves = (made.residual, made.plain, made.white, made.brown)
    for name, wanted in (
        ("trace", [one.trace for one in curves]),
        ("correlation", [one.correlation for one in curves]),
    ):
        found = floats([line for line in lines if line[0] == name], 2).T
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4 * np.abs(other).max())


@slow
def test_a_cascade(context: TaskContext, tmp_path: Path) -> None:
    asked, off, points = shown("resnet20"), "", []
    for number, block in enumerate(("", "layer3.2", "layer1.0")):
        gates = asked.gates.with_skips((block,), 0.0) if block else asked.gates
        asked = replace(asked, gates=gates, target=3)
        off = block
        now = context.session.run(asked, context.cancelled).now
        norm, chance = now.blocks[0].gradient_norm, float(now.probabilities[3])
        points.append(TracePoint(number, off, norm, chance, "", 0.0))
    result = context.session.run(asked, context.cancelled)
    lines = printed(cascade_script(result, points[::-1], GateSettings()), tmp_path)
    wanted = [(point.off, point.gradient, point.probability) for point in points]
    np.testing.assert_allclose(floats(lines, 0), wanted, rtol=1e-4)


@slow
def test_channels_that_see_a_place_and_two_networks(context: TaskContext, tmp_path: Path) -> None:
    left = context.session.run(shown("resnet20"), context.cancelled)
    mask = np.zeros((128, 128), bool)
    mask[30:50, 40:90] = True
    activation = left.now.block("layer3.1").activation
    shares = share_of(mask, *activation.shape[1:])
    for contrast in (False, True):
        lines = printed(channels_script(left, "layer3.1", shares, contrast), tmp_path)
        wanted = [
            (one.channel, one.inside, one.outside) for one in who_sees(activation, mask, contrast)
        ]
        np.testing.assert_allclose(floats(lines, 0), wanted, rtol=1e-4, atol=1e-7)
    right = context.session.run(shown("plain20"), context.cancelled)
    lines = printed(comparison_script(left, right), tmp_path)
    found = [float(line[1]) for line in lines if len(line) > 1]
    norms = [one.gradient_norm for result in (left, right) for one in result.now.blocks]
    np.testing.assert_allclose(found, norms, rtol=1e-4)
