"""Scripts run in a fresh interpreter, without this package, and print the program's numbers."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torchvision.models import resnet18, resnet50

from resnet_viz.analysis.laboratory import run as measure_twins
from resnet_viz.analysis.lesions import run as measure_lesions
from resnet_viz.analysis.loss_surface import run as measure_surface
from resnet_viz.analysis.paths import run as measure_paths
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.strength import run as sweep
from resnet_viz.analysis.task import TaskContext
from resnet_viz.export.script import TITLES, NoScript, script_of, strength_script
from resnet_viz.export.script_instruments import lesions_script, paths_script, surface_script
from resnet_viz.export.script_laboratory import laboratory_script
from resnet_viz.figures.gradient_flow import gradient_flow
from resnet_viz.figures.laboratory import laboratory
from resnet_viz.figures.predictions import predictions
from resnet_viz.figures.table import table_of
from resnet_viz.images.photo import load_photo
from resnet_viz.networks.architecture import (
    Architecture,
    BlockSpec,
    Conv,
    HeadLayer,
    Order,
    Squeeze,
)
from resnet_viz.networks.builder import build
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.own import open_own
from resnet_viz.results.derived import precomputed_lesions, precomputed_paths, precomputed_surfaces
from resnet_viz.results.laboratory import LaboratoryRequest, LaboratoryResult
from resnet_viz.results.lesions import LesionsRequest, LesionsResult
from resnet_viz.results.loss_surface import SurfaceRequest, SurfaceResult
from resnet_viz.results.paths import PathsRequest, PathsResult
from resnet_viz.results.result import Result, Snapshot
from resnet_viz.results.strength import StrengthRequest, StrengthResult
from tests import fakes
from tests.export.interpreter import printed

slow = pytest.mark.long
"""An interpreter of its own takes seconds to begin: all but one are for `make test-long`."""

GATES = GateSettings.of({"layer1.1": 0.5, "layer2.0": 0.0}, {"layer3.1": 0.25})
SINGLE = [name for name in TITLES if name != "skip-strength"]


@pytest.fixture(scope="module")
def session() -> Session:
    return Session()


@pytest.fixture(scope="module")
def result(session: Session) -> Result:
    return session.run(Snapshot("resnet20", fakes.photo(), gates=GATES, device="cpu"))


def expected(result: Result, figure: str) -> list[tuple[float, ...]]:
    now = result.now
    if figure == "gradient-flow":
        return [row[1:] for row in table_of(gradient_flow(result)).rows]  # type: ignore[misc]
    if figure == "predictions":
        return [row[1:] for row in table_of(predictions(result)).rows]  # type: ignore[misc]
    if figure == "activation-norms":
        return [(block.activation_norm,) for block in now.blocks]
    if figure == "skip-share":
        return [(b.skip_share,) for b in now.blocks if b.skip_share is not None]
    if figure == "grad-cam":
        return [(float(v),) for v in now.block("layer2.1").cam.ravel()]
    return [(float(v),) for v in now.block("layer2.1").activation[[3, 5]].ravel()]


@slow
@pytest.mark.parametrize("figure", SINGLE)
def test_a_script_prints_the_numbers_of_its_figure(
    figure: str, result: Result, tmp_path: Path
) -> None:
    lines = printed(script_of(result, figure, "layer2.1", (3, 5)), tmp_path)
    wanted = expected(result, figure)
    count = len(wanted[0])
    found = [[float(cell) for cell in line[-count:]] for line in lines]
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6 if count == 1 else 1e-12)


@slow
def test_the_sweep_of_a_strength(session: Session, result: Result, tmp_path: Path) -> None:
    snapshot = replace(result.snapshot, gates=GateSettings())
    request = StrengthRequest(snapshot, ("layer1.0", "layer2.1"))
    context = TaskContext(session, list, lambda: False)
    *_, made = (one for one in sweep(request, context) if isinstance(one, StrengthResult))
    lines = printed(strength_script(result, request, made.target), tmp_path)
    found = np.array(lines, float)
    wanted = [
        (p.strength, *p.gradient_norms, p.top_probability, p.target_probability)
        for p in made.points[::-1]
    ]
    np.testing.assert_allclose(found, wanted, rtol=1e-4)
    other = replace(request, snapshot=replace(snapshot, network="resnet56"))
    with pytest.raises(NoScript, match="measure again"):
        strength_script(result, other, made.target)


@pytest.mark.long
def test_a_photo_from_a_file_is_read_by_its_path(session: Session, tmp_path: Path) -> None:
    path = tmp_path / 'a "photo".png'
    Image.fromarray(fakes.photo().pixels).save(path)
    made = session.run(Snapshot("plain20", load_photo(path), device="cpu"))
    script = script_of(made, "gradient-flow")
    assert "base64.b64decode" not in script
    lines = printed(script, tmp_path)
    norms = [block.gradient_norm for block in made.now.blocks]
    np.testing.assert_allclose([float(line[1]) for line in lines], norms, rtol=1e-4)


@slow
@pytest.mark.parametrize(
    "request_",
    [
        LaboratoryRequest(8, batch=4, device="cpu"),
        LaboratoryRequest(14, "concat", True, "xavier", "tanh", batch=4, seed=3, device="cpu"),
        LaboratoryRequest(14, "add", True, "zero", batch=4, device="cpu"),
        LaboratoryRequest(14, "none", False, "he", "gelu", batch=4, device="cpu"),
        LaboratoryRequest(8, data="photos", photo=fakes.photo(), batch=13, device="cpu"),
    ],
    ids=lambda one: f"{one.combine}-{one.initialisation}-{one.data}",
)
def test_the_laboratory(request_: LaboratoryRequest, session: Session, tmp_path: Path) -> None:
    context = TaskContext(session, list, lambda: False)
    *_, made = measure_twins(request_, context)
    assert isinstance(made, LaboratoryResult)
    table = table_of(laboratory(made))
    lines = printed(laboratory_script(request_), tmp_path)
    assert [line[0] for line in lines] == [row[0] for row in table.rows]
    found = np.array([line[1:] for line in lines], float)
    np.testing.assert_allclose(found, np.array([row[1:] for row in table.rows], float), rtol=1e-4)


@slow
def test_bottlenecks_and_weights_from_a_file(session: Session, tmp_path: Path) -> None:
    torch.manual_seed(1)
    path = tmp_path / "resnet50.pth"
    torch.save(resnet50(num_classes=7).state_dict(), path)
    weights = WeightsChoice("file", str(path), classes=7, labels=tuple("abcdefg"))
    gates = GateSettings.of({"layer3.0": 0.0}, {"layer3.1": 0.5})
    asked = Snapshot("resnet50", fakes.photo(), weights=weights, gates=gates, device="cpu")
    made = session.run(asked)
    lines = printed(script_of(made, "gradient-flow"), tmp_path)
    wanted = [row[1:] for row in table_of(gradient_flow(made)).rows]
    np.testing.assert_allclose(
        [[float(cell) for cell in line[1:]] for line in lines], wanted, rtol=1e-4
    )


def test_names_are_not_executed(result: Result) -> None:
    photo = replace(result.snapshot.photo, name='x"""\nraise SystemExit(3)\n#')
    labels = ("'); raise SystemExit(3) #",) * len(result.labels)
    odd = replace(result, snapshot=replace(result.snapshot, photo=photo), labels=labels)
    script = script_of(odd, "predictions")
    assert not any(line.startswith("raise") for line in script.splitlines())
    compile(script, "script", "exec")


def test_what_has_no_script_says_so(result: Result, tmp_path: Path) -> None:
    with pytest.raises(NoScript, match="no script for this figure"):
        script_of(result, "paths")
    path = tmp_path / "old.pth"
    whole = resnet18(num_classes=7)
    torch.save(whole, path, _use_new_zipfile_serialization=False)  # code, and no zip file
    other = WeightsChoice("file", str(path), classes=7)
    asked = replace(result.snapshot, network="resnet18", weights=other, gates=GateSettings())
    with pytest.raises(NoScript, match=r"save the network's state_dict\(\)"):
        script_of(replace(result, snapshot=asked), "gradient-flow")
    gone = replace(asked, weights=replace(other, path=str(tmp_path / "gone.pth")))
    with pytest.raises(NoScript, match=r"gone\.pth"):
        script_of(replace(result, snapshot=gone), "gradient-flow")


class Settings:
    """What a program keeps with its weights; a script has no such class."""

    def __init__(self) -> None:
        self.rate, self.seen = 0.1, {"names": ["a", "b"], "when": np.float64(1.5)}


@slow
@pytest.mark.parametrize("whole", [True, False])
def test_checkpoints_that_hold_more_than_tensors(
    whole: bool, session: Session, tmp_path: Path
) -> None:
    path = tmp_path / "more.pth"
    network = resnet18(num_classes=5).half()
    kept = {"net": network if whole else network.state_dict(), "settings": Settings(), "at": {3}}
    torch.save(kept, path)
    weights = WeightsChoice("file", str(path), classes=5)
    made = session.run(Snapshot("resnet18", fakes.photo(), weights=weights, device="cpu"))
    assert "Reader(pickle.Unpickler)" in check_flow(made, tmp_path)


# ---- every kind of network


def flow_of(made: Result) -> list[tuple[float, ...]]:
    return [row[1:] for row in table_of(gradient_flow(made)).rows]  # type: ignore[misc]


def check_flow(made: Result, folder: Path) -> str:
    script = script_of(made, "gradient-flow")
    lines = printed(script, folder)
    found = np.array([line[1:] for line in lines], float)
    np.testing.assert_allclose(found, flow_of(made), rtol=1e-4)
    return script


@slow
@pytest.mark.parametrize(
    "network",
    [
        *("resnet20", "plain20", "resnet20-projection", "preact-resnet20", "resnet18"),
        *("lenet5", "alexnet", "vgg16", "googlenet"),
    ],
)
def test_untrained_weights(network: str, session: Session, tmp_path: Path) -> None:
    weights = WeightsChoice("untrained")
    made = session.run(Snapshot(network, fakes.photo(), weights=weights, device="cpu"))
    assert not made.weights.trained
    script = check_flow(made, tmp_path)
    assert "find(" not in script  # it needs no file


def saved_own(folder: Path, of: Architecture, name: str) -> Path:
    """A file of an own network's numbers, under names that are not the program's."""
    torch.manual_seed(5)
    network = build(of)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            assert module.running_mean is not None
            module.running_mean.normal_(0, 0.1)
    state = {
        key.replace("stem.conv1", "conv1")
        .replace("stem.bn1", "bn1")
        .replace("downsample.conv", "downsample.0")
        .replace("downsample.norm", "downsample.1")
        .replace("head.fc1", "fc"): value
        for key, value in network.state_dict().items()
    }
    path = folder / name
    if name.endswith(".safetensors"):
        halves = {k: v.bfloat16() if v.is_floating_point() else v for k, v in state.items()}
        save_file(halves, path)
    else:
        torch.save({"state_dict": {f"module.{k}": v for k, v in state.items()}, "epoch": 3}, path)
    return path


def own_architecture(order: Order, squeezed: bool) -> Architecture:
    """Three stages of two blocks each, with widths that no network of the catalog has."""
    stages, came = [], 12
    for number, went in enumerate((12, 20, 28)):
        blocks = []
        for place in range(2):
            stride = 2 if number and place == 0 else 1
            norm = order == "post"
            convs = (
                Conv(came, went, 3, norm=True),
                Conv(went, went, 3, norm=True),
            )
            projection = Conv(came, went, 1, norm=norm) if came != went else None
            squeeze = Squeeze(went, 4, 2) if squeezed else None
            blocks.append(BlockSpec(convs, stride, projection, squeeze))
            came = went
        stages.append(tuple(blocks))
    return Architecture(
        3,
        (Conv(3, 12, 3, norm=order == "post"),),
        tuple(stages),
        (HeadLayer("linear", 28, 6),),
        order=order,
        final_norm=order == "pre",
        stem_active=order == "post",
    )


@slow
@pytest.mark.parametrize("name", ["own.pth", "own.safetensors"])
@pytest.mark.parametrize(("order", "squeezed"), [("post", False), ("post", True), ("pre", False)])
def test_networks_of_the_users_own(
    order: Order, squeezed: bool, name: str, session: Session, tmp_path: Path
) -> None:
    own = open_own(saved_own(tmp_path, own_architecture(order, squeezed), name))
    assert own.network.startswith("file:")
    gates = GateSettings.of({"layer2.0": 0.0, "layer1.1": 0.5})
    asked = Snapshot(own.network, fakes.photo(), weights=own.weights, gates=gates, device="cpu")
    check_flow(session.run(asked), tmp_path)
    untrained = replace(asked, weights=replace(own.weights, kind="untrained"))
    check_flow(session.run(untrained), tmp_path)


@slow
def test_names_and_kinds_of_numbers_of_other_authors(session: Session, tmp_path: Path) -> None:
    """DataParallel's prefix, a projection called shortcut, and half the digits."""
    state = {
        f"module.{key.replace('downsample', 'shortcut').replace('fc.', 'linear.')}": value.half()
        if value.is_floating_point()
        else value
        for key, value in resnet18(num_classes=10).state_dict().items()
    }
    path = tmp_path / "other.safetensors"  # a name that says nothing true
    torch.save({"net": state, "acc": 93.0}, path)
    own = open_own(path, preferred="resnet18")
    made = session.run(Snapshot(own.network, fakes.photo(), weights=own.weights, device="cpu"))
    script = check_flow(made, tmp_path)
    assert "net.module." in script


@slow
def test_a_script_runs_where_its_files_are_beside_it(session: Session, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    path, photo = here / "own.pth", here / "photo.png"
    torch.save(resnet18(num_classes=3).state_dict(), path)
    Image.fromarray(fakes.photo().pixels).save(photo)
    weights = WeightsChoice("file", str(path), classes=3)
    made = session.run(Snapshot("resnet18", load_photo(photo), weights=weights, device="cpu"))
    script = script_of(made, "gradient-flow")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert f"#   own.pth, SHA-256 {digest}" in script
    for file in (path, photo):
        file.rename(there / file.name)
    lines = printed(script, there)
    assert len(lines) == len(made.now.blocks)
    (there / "own.pth").write_bytes(b"another file")
    with pytest.raises(AssertionError, match=r"Put own\.pth beside this script"):
        printed(script, there)


# ---- instruments


def last(steps: Iterator[object]) -> object:
    *_, made = steps
    return made


@slow
def test_lesions_of_both_twins(session: Session, tmp_path: Path) -> None:
    snapshot = Snapshot("resnet20", fakes.photo(), device="cpu")
    context = TaskContext(session, list, lambda: False)
    for pictures in ("photo", "samples"):
        made = last(measure_lesions(LesionsRequest(snapshot, pictures), context))
        assert isinstance(made, LesionsResult)
        check_lesions(made, tmp_path)


def check_lesions(made: LesionsResult, folder: Path) -> None:
    lines = printed(lesions_script(made), folder)
    both = [one for one in (made.screen, made.twin) if one is not None]
    wanted = [
        (one.on.network, name, score.probability, score.top1, score.loss)
        for one in both
        for name, score in zip(("intact", *one.blocks), (one.intact, *one.lesioned), strict=True)
    ]
    assert [tuple(line[:2]) for line in lines] == [row[:2] for row in wanted]
    found = np.array([line[2:] for line in lines], float)
    np.testing.assert_allclose(found, [row[2:] for row in wanted], rtol=1e-4, atol=1e-7)


@slow
@pytest.mark.parametrize("zipped", [True, False])
def test_lesions_of_labelled_images(zipped: bool, session: Session, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    data = tmp_path / "images"
    for name in ("cat", "ship"):
        (data / name).mkdir(parents=True)
        for number in range(3):
            pixels = random.integers(0, 256, (32, 32, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(data / name / f"{number}.png")
    path = data
    if zipped:
        path = Path(shutil.make_archive(str(tmp_path / "images"), "zip", data))
    snapshot = Snapshot("preact-resnet20", fakes.photo(), device="cpu")
    context = TaskContext(session, list, lambda: False)
    request = LesionsRequest(snapshot, "labelled", str(path), 5)
    made = last(measure_lesions(request, context))
    assert isinstance(made, LesionsResult)
    assert made.pictures == 5
    check_lesions(made, tmp_path)


@slow
@pytest.mark.parametrize("kind", ["default", "untrained"])
def test_paths(kind: Literal["default", "untrained"], session: Session, tmp_path: Path) -> None:
    snapshot = Snapshot("resnet20", fakes.photo(), weights=WeightsChoice(kind), device="cpu")
    context = TaskContext(session, list, lambda: False)
    made = last(measure_paths(PathsRequest(snapshot, samples=3, seed=2), context))
    assert isinstance(made, PathsResult)
    lines = printed(paths_script(made), tmp_path)
    n = len(made.blocks)
    lengths = np.array([line[1:] for line in lines[: n + 1]], float)
    assert made.sums is not None
    wanted = np.stack([made.per_path, made.sums, np.array(made.counts), made.shares], axis=1)
    np.testing.assert_allclose(lengths, wanted, rtol=1e-4, atol=1e-9 * made.total)
    at_blocks = {line[0]: float(line[1]) for line in lines[n + 1 : -1]}
    assert list(at_blocks) == list(made.blocks)
    np.testing.assert_allclose(list(at_blocks.values()), made.gradient_skip_share, rtol=1e-4)
    np.testing.assert_allclose(float(lines[-1][1]), made.total, rtol=1e-4)


@slow
def test_the_loss_surface(session: Session, tmp_path: Path) -> None:
    snapshot = Snapshot("resnet20", fakes.photo(), device="cpu")
    context = TaskContext(session, list, lambda: False)
    made = last(measure_surface(SurfaceRequest(snapshot, 3, 0.5, 7, seed=4), context))
    assert isinstance(made, SurfaceResult)
    lines = printed(surface_script(made), tmp_path)
    wanted = [loss for surface in made.surfaces for loss in surface.loss.ravel()]
    assert len(lines) == len(wanted) == 18
    np.testing.assert_allclose([float(line[3]) for line in lines], wanted, rtol=1e-4)
    assert [float(line[1]) for line in lines[:3]] == [-0.5, 0.0, 0.5]


@slow
def test_what_came_with_the_program_is_printed_with_its_source(tmp_path: Path) -> None:
    snapshot = Snapshot("resnet20", fakes.photo())
    lesions, paths = precomputed_lesions(snapshot), precomputed_paths(snapshot)
    surfaces = precomputed_surfaces(snapshot)
    assert lesions is not None
    assert paths is not None
    assert surfaces is not None
    check_lesions(lesions, tmp_path)
    script = paths_script(paths)
    assert "resnet20-paths.json" in script
    lines = printed(script, tmp_path)
    wanted = [*paths.per_path, *paths.gradient_skip_share]
    np.testing.assert_allclose([float(line[1]) for line in lines], wanted, rtol=1e-12)
    script = surface_script(surfaces)
    assert "resnet20-surface.json and plain20-surface.json" in " ".join(script.split("\n# "))
    # It is data, which needs no interpreter of its own.
    namespace: dict[str, Any] = {"print": lambda *row, sep: None}
    exec(compile(script, "script", "exec"), namespace)
    wanted = [loss for surface in surfaces.surfaces for loss in surface.loss.ravel()]
    found = [float(row[3]) for row in namespace["ROWS"]]
    np.testing.assert_array_equal(found, wanted)
