"""What ships beside the weights: that it belongs to them, how it is made, and how it is read."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from resnet_viz import cli
from resnet_viz.analysis import derived
from resnet_viz.analysis.derived import MEASURES, Sizes, compute, hash_of
from resnet_viz.analysis.training_run import evaluate, normalise, to_tensor
from resnet_viz.images.cifar10 import LabelledImages
from resnet_viz.networks import catalog, weights
from resnet_viz.networks.cards import derived_path, read_derived
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.results.derived import precomputed_lesions, precomputed_paths, precomputed_surfaces
from resnet_viz.results.result import Snapshot
from tests import fakes

EMBEDDED = sorted(name for name, spec in catalog.CATALOG.items() if spec.embedded)
SHIPPED = [
    (name, kind)
    for name in EMBEDDED
    for kind, measure in MEASURES.items()
    if not (measure.with_skips and catalog.find(name).combine == "none")
]
SMALL = Sizes(
    surface_side=3,
    surface_images=4,
    lesions_images=5,
    paths_images=2,
    paths_samples=2,
    trust_images=1,
    readout_images=10,
    collapse_images=6,
    gradient_images=3,
)
SNAPSHOT = Snapshot("resnet20", fakes.photo(), device="cpu")


def images(count: int = 10) -> LabelledImages:
    random = np.random.default_rng(0)
    pixels = random.integers(0, 255, (count, 32, 32, 3)).astype(np.uint8)
    return LabelledImages(pixels, np.arange(count, dtype=np.int64) % 10)


def made(folder: Path, name: str = "resnet20") -> dict[str, Any]:
    """Every derived file of a network, small, by kind."""
    spec = catalog.find(name)
    texts = [step.text for step in compute(images(), (spec,), SMALL, folder)]
    assert texts
    found = {kind: derived_path(spec, kind, folder) for kind in MEASURES}
    return {kind: json.loads(path.read_text()) for kind, path in found.items() if path.exists()}


@pytest.mark.parametrize(("name", "kind"), SHIPPED)
def test_what_ships_was_made_from_the_weights_that_ship(name: str, kind: str) -> None:
    """Else: make derived."""
    spec = catalog.find(name)
    there = json.loads(derived_path(spec, kind).read_text(encoding="utf-8"))
    assert there["weights_sha256"] == hash_of(spec), "run make derived"
    assert there["network"] == name
    settings = MEASURES[kind].settings(Sizes())
    assert {key: there[key] for key in settings} == settings
    assert read_derived(spec, kind) == there


def test_nothing_else_ships_and_it_is_small() -> None:
    folder = derived_path(catalog.find("resnet20"), "surface").parent
    names = {f"{name}-{kind}.json" for name, kind in SHIPPED}
    assert {path.name for path in folder.iterdir()} == names
    assert sum(path.stat().st_size for path in folder.iterdir()) < 3e6


@pytest.mark.long
def test_the_values_are_those_measured_by_hand(tmp_path: Path) -> None:
    there = made(tmp_path)
    spec = catalog.find("resnet20")
    network = spec.build().eval()
    weights.load(network, spec, WeightsChoice())
    every_other = images().images[[0, 2, 4, 6, 8]], images().labels[[0, 2, 4, 6, 8]]
    intact = there["lesions"]["intact"]
    loss, accuracy = evaluate(network, LabelledImages(*every_other))
    assert intact["loss"] == pytest.approx(loss, rel=1e-3)
    assert intact["top1"] == pytest.approx(accuracy)
    assert len(there["lesions"]["lesioned"]) == len(there["lesions"]["blocks"]) == 9
    with torch.no_grad():
        block = network.layer2[1]
        block.conv2.weight.zero_()
        block.bn2.weight.zero_()
        block.bn2.bias.zero_()
    without = there["lesions"]["lesioned"][there["lesions"]["blocks"].index("layer2.1")]
    loss, _ = evaluate(network, LabelledImages(*every_other))
    assert without["loss"] == pytest.approx(loss, rel=1e-3)


@pytest.mark.long
def test_the_surface_is_scored_on_the_labels(tmp_path: Path) -> None:
    surface = made(tmp_path, "plain20")["surface"]
    spec = catalog.find("plain20")
    network = spec.build().eval()
    weights.load(network, spec, WeightsChoice())
    chosen = [0, 2, 5, 7]
    with torch.no_grad():
        logits = network(normalise(to_tensor(images().images[chosen])))
    labels = torch.from_numpy(images().labels[chosen])
    wanted = float(functional.cross_entropy(logits, labels))
    assert surface["loss"][1][1] == pytest.approx(wanted, rel=1e-3)
    assert surface["accuracy"] == float((logits.argmax(1) == labels).double().mean())
    assert np.shape(surface["loss"]) == (3, 3)


@pytest.mark.long
def test_the_paths_add_up_to_the_gradient(tmp_path: Path) -> None:
    paths = made(tmp_path)["paths"]
    assert [len(row) for row in paths["norms"]] == [1, *[2] * 8, 1]
    network = catalog.find("resnet20").build().eval()
    weights.load(network, catalog.find("resnet20"), WeightsChoice())
    norms = []
    for number in (0, 5):
        image = normalise(to_tensor(images().images[[number]])).requires_grad_()
        network(image)[0, int(images().labels[number])].backward()
        assert image.grad is not None
        norms.append(float(image.grad.norm()))
    assert paths["total"] == pytest.approx(np.mean(norms), rel=1e-3)


@pytest.mark.long
def test_a_plain_network_has_neither_paths_nor_skips(tmp_path: Path) -> None:
    there = made(tmp_path, "plain20")
    assert "paths" not in there
    assert there["collapse"]["skips_off"] is None
    assert there["collapse"]["images"] == 6
    assert there["collapse"]["gradient_images"] == 3


@pytest.mark.long
def test_it_is_made_once_alike_and_goes_on_where_it_was_interrupted(tmp_path: Path) -> None:
    spec = catalog.find("resnet20")
    steps = compute(images(), (spec,), SMALL, tmp_path / "a")
    for step in steps:
        if step.text == "resnet20-lesions.json is written":
            break
    steps.close()  # type: ignore[attr-defined]
    begun = {path: path.stat().st_mtime_ns for path in (tmp_path / "a").iterdir()}
    assert sorted(path.name for path in begun) == [
        "resnet20-collapse.json",
        "resnet20-lesions.json",
    ]
    whole, other = made(tmp_path / "a"), made(tmp_path / "b")
    assert whole == other
    assert all(path.stat().st_mtime_ns == time for path, time in begun.items())
    assert list(compute(images(), (spec,), SMALL, tmp_path / "a")) == []
    # What was made otherwise, or is damaged, is made again.
    derived_path(spec, "paths", tmp_path / "a").write_text("{")
    again = compute(images(), (spec,), replace(SMALL, lesions_images=4), tmp_path / "a")
    written = {step.text for step in again if step.text.endswith("written")}
    assert written == {"resnet20-lesions.json is written", "resnet20-paths.json is written"}


@pytest.mark.long
def test_other_weights_make_it_out_of_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = catalog.find("resnet20")
    made(tmp_path)
    monkeypatch.setattr(derived, "hash_of", lambda spec: "of other weights")
    todo = {
        step.text for step in compute(images(), (spec,), SMALL, tmp_path) if "written" in step.text
    }
    assert len(todo) == len(MEASURES)


def test_what_ships_is_read_as_the_instruments_show_it() -> None:
    surfaces = precomputed_surfaces(SNAPSHOT)
    assert surfaces is not None
    assert surfaces.complete
    assert [surface.plain for surface in surfaces.surfaces] == [False, True]
    assert surfaces.labels == "the images' labels"
    plain = precomputed_surfaces(replace(SNAPSHOT, network="plain20"))
    assert plain is not None
    assert [surface.on.network for surface in plain.surfaces] == ["ResNet-20", "Plain-20"]
    lesions = precomputed_lesions(replace(SNAPSHOT, network="plain56"))
    assert lesions is not None
    assert lesions.twin is not None
    assert (lesions.screen.on.network, lesions.twin.on.network) == ("Plain-56", "ResNet-56")
    assert len(lesions.screen.lesioned) == len(lesions.twin.lesioned) == 27
    paths = precomputed_paths(replace(SNAPSHOT, network="resnet56"))
    assert paths is not None
    assert paths.norms.shape == (28, Sizes().paths_samples)
    assert np.isfinite(paths.per_path).all()
    assert paths.shares.sum() == pytest.approx(1)
    assert precomputed_paths(replace(SNAPSHOT, network="plain56")) is None


@pytest.mark.parametrize(
    "snapshot",
    [
        replace(SNAPSHOT, network="resnet32"),
        replace(SNAPSHOT, network="resnet18"),
        replace(SNAPSHOT, weights=WeightsChoice("untrained")),
        replace(SNAPSHOT, weights=WeightsChoice("file", "mine.pt")),
    ],
)
def test_other_weights_have_nothing_precomputed(snapshot: Snapshot) -> None:
    assert precomputed_surfaces(snapshot) is None
    assert precomputed_lesions(snapshot) is None
    assert precomputed_paths(snapshot) is None


def test_the_command_says_what_it_cannot_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["derived", "--data", str(tmp_path / "nowhere")]) == 2
    assert "nowhere" in capsys.readouterr().err
    assert cli.main(["derived", "--data", str(tmp_path), "--network", "resnet18"]) == 2
    assert "ResNet-18 has no trained weights" in capsys.readouterr().err
