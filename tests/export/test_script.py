"""Scripts run in a fresh interpreter, without this package, and print the program's numbers."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.models import resnet50

from resnet_viz.analysis.laboratory import run as measure_twins
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.strength import run as sweep
from resnet_viz.analysis.task import TaskContext
from resnet_viz.export.script import TITLES, NoScript, script_of, strength_script
from resnet_viz.export.script_laboratory import laboratory_script
from resnet_viz.figures.gradient_flow import gradient_flow
from resnet_viz.figures.laboratory import laboratory
from resnet_viz.figures.predictions import predictions
from resnet_viz.figures.table import table_of
from resnet_viz.images.photo import load_photo
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.laboratory import LaboratoryRequest, LaboratoryResult
from resnet_viz.results.result import Result, Snapshot
from resnet_viz.results.strength import StrengthRequest, StrengthResult
from tests import fakes

GATES = GateSettings.of({"layer1.1": 0.5, "layer2.0": 0.0}, {"layer3.1": 0.25})
SINGLE = [name for name in TITLES if name != "skip-strength"]


@pytest.fixture(scope="module")
def session() -> Session:
    return Session()


@pytest.fixture(scope="module")
def result(session: Session) -> Result:
    return session.run(Snapshot("resnet20", fakes.photo(), gates=GATES, device="cpu"))


def printed(script: str, folder: Path) -> list[list[str]]:
    """The lines that a script prints, in an interpreter that cannot import this package."""
    path = folder / "script.py"
    blocked = "import sys\nsys.modules['resnet_viz'] = None\n"
    path.write_text(blocked + script, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", str(path)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


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


@pytest.mark.parametrize("figure", SINGLE)
def test_a_script_prints_the_numbers_of_its_figure(
    figure: str, result: Result, tmp_path: Path
) -> None:
    lines = printed(script_of(result, figure, "layer2.1", (3, 5)), tmp_path)
    wanted = expected(result, figure)
    count = len(wanted[0])
    found = [[float(cell) for cell in line[-count:]] for line in lines]
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6 if count == 1 else 1e-12)


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


def test_a_photo_from_a_file_is_read_by_its_path(session: Session, tmp_path: Path) -> None:
    path = tmp_path / 'a "photo".png'
    Image.fromarray(fakes.photo().pixels).save(path)
    made = session.run(Snapshot("plain20", load_photo(path), device="cpu"))
    script = script_of(made, "gradient-flow")
    assert "base64.b64decode" not in script
    lines = printed(script, tmp_path)
    norms = [block.gradient_norm for block in made.now.blocks]
    np.testing.assert_allclose([float(line[1]) for line in lines], norms, rtol=1e-4)


@pytest.mark.parametrize(
    "request_",
    [
        LaboratoryRequest(8, batch=4, device="cpu"),
        LaboratoryRequest(14, "concat", True, "xavier", "tanh", batch=4, seed=3, device="cpu"),
        LaboratoryRequest(14, "add", True, "zero", batch=4, device="cpu"),
        LaboratoryRequest(14, "none", False, "he", "gelu", batch=4, device="cpu"),
    ],
    ids=lambda one: f"{one.combine}-{one.initialisation}",
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


def test_a_batch_of_photos_has_no_script() -> None:
    with pytest.raises(NoScript, match="noise"):
        laboratory_script(LaboratoryRequest(data="photos"))


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


def test_what_has_no_script_says_so(result: Result) -> None:
    with pytest.raises(NoScript, match="no script for this figure"):
        script_of(result, "paths")
    snapshot = replace(result.snapshot, weights=WeightsChoice("untrained"))
    untrained = replace(result, snapshot=snapshot, weights=replace(result.weights, trained=False))
    with pytest.raises(NoScript, match="untrained"):
        script_of(untrained, "gradient-flow")
    other = replace(result, snapshot=replace(result.snapshot, network="preact-resnet20"))
    with pytest.raises(NoScript, match="He 2015"):
        script_of(other, "gradient-flow")
