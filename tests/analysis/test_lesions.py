"""Lesions: what they compute, the twin, labelled pictures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_viz.analysis.lesions import lesioned, run, twin_of
from resnet_viz.analysis.session import Session, Subject
from resnet_viz.analysis.task import TaskContext
from resnet_viz.images import gallery
from resnet_viz.networks import catalog
from resnet_viz.networks.architecture import Architecture, BlockSpec, Conv, HeadLayer
from resnet_viz.networks.builder import BuiltResNet
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.cifar import PadShortcut
from resnet_viz.networks.kinds import residual_blocks
from resnet_viz.networks.skips import SkipGates
from resnet_viz.results.lesions import LesionsRequest, LesionsResult
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import TaskError
from tests import fakes

UNTRAINED = WeightsChoice("untrained")
CONTEXT = TaskContext(Session(), list, lambda: False)


def snapshot(network: str, weights: WeightsChoice = UNTRAINED) -> Snapshot:
    return Snapshot(network, fakes.photo(), weights=weights, device="cpu")


def last(request: LesionsRequest) -> LesionsResult:
    *_, result = run(request, CONTEXT)
    assert isinstance(result, LesionsResult)
    return result


@torch.no_grad()
@pytest.mark.parametrize("network", ["resnet20", "resnet20-projection", "plain20", "resnet18"])
@pytest.mark.parametrize("name", ["layer1.0", "layer2.0", "layer3.1"])
def test_a_lesion_leaves_the_shortcut_alone(network: str, name: str) -> None:
    subject = Session().subject(snapshot(network))
    before = subject.network(subject.image)
    block = residual_blocks(subject.network)[name]
    shortcut = getattr(block, "downsample", None)
    if network == "plain20" and name == "layer2.0":
        shortcut = PadShortcut(16, 32, 2)
    stage, index = name.split(".")
    with lesioned(subject, name):
        given = subject.network(subject.image)

    class Left(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(x if shortcut is None else shortcut(x))

    assert torch.equal(subject.network(subject.image), before)
    getattr(subject.network, stage)[int(index)] = Left()
    assert torch.equal(subject.network(subject.image), given)
    assert not torch.equal(given, before)


def test_twins_have_the_same_depth() -> None:
    names = {"resnet56": "plain56", "plain56": "resnet56", "resnet20-projection": "plain20"}
    for name, wanted in names.items():
        twin = twin_of(catalog.find(name))
        assert twin is not None
        assert twin.name == wanted
    assert twin_of(catalog.find("resnet50")) is None


def test_both_twins_are_measured_block_by_block() -> None:
    updates = list(run(LesionsRequest(snapshot("resnet20")), CONTEXT))
    results = [update for update in updates if isinstance(update, LesionsResult)]
    assert [len(r.screen.lesioned) for r in results if r.twin is None] == list(range(10))
    result = results[-1]
    assert result.twin is not None
    assert (result.screen.plain, result.twin.plain) == (False, True)
    assert result.screen.blocks == result.twin.blocks
    assert result.twin.on.network == "Plain-20"
    assert result.screen.reshaping == {"layer2.0", "layer3.0"}
    assert result.twin.reshaping == {"layer2.0", "layer3.0"}
    assert result.screen.stages == (("Stage 1", 0, 2), ("Stage 2", 3, 5), ("Stage 3", 6, 8))

    subject = Session().subject(snapshot("resnet20"))
    odds = torch.softmax(subject.network(subject.image)[0].double(), dim=0)
    assert result.screen.target == subject.labels[int(odds.argmax())]
    assert result.screen.intact.probability == pytest.approx(float(odds.max()), rel=1e-5)
    assert result.screen.intact.loss == pytest.approx(-float(odds.max().log()), rel=1e-5)
    for number, name in ((0, "layer1.0"), (3, "layer2.0")):
        with lesioned(subject, name):
            after = torch.softmax(subject.network(subject.image)[0].double(), dim=0)
        score = result.screen.lesioned[number]
        assert score.probability == pytest.approx(float(after[odds.argmax()]), rel=1e-5)
        assert score.top1 == float(after.argmax() == odds.argmax())


def test_a_chosen_target_is_obeyed_and_several_photos_are_averaged() -> None:
    asked = Snapshot("plain20", fakes.photo(), weights=UNTRAINED, device="cpu", target=7)
    one = last(LesionsRequest(asked)).screen
    assert one.target == "horse"
    several = last(LesionsRequest(asked, "samples"))
    assert several.pictures == 11
    assert several.screen.target == ""
    assert 0 < several.screen.intact.probability < 1
    assert several.screen.intact.top1 == pytest.approx((10 + one.intact.top1) / 11)


def test_a_sample_that_is_open_counts_once() -> None:
    asked = Snapshot("plain20", gallery.load_sample("coffee"), weights=UNTRAINED, device="cpu")
    assert last(LesionsRequest(asked, "samples")).pictures == len(gallery.SAMPLES)


def test_labels_are_those_of_the_folders(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    for number, name in enumerate(("cat", "cat", "ship", "truck")):
        (tmp_path / name).mkdir(exist_ok=True)
        pixels = random.integers(0, 255, (32, 32, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(tmp_path / name / f"{number}.png")
    request = LesionsRequest(snapshot("resnet20"), "labelled", str(tmp_path), count=3)
    result = last(request)
    assert (result.pictures, result.labelled) == (3, True)
    subject = Session().subject(snapshot("resnet20"))
    from resnet_viz.analysis.session import as_input
    from resnet_viz.images import cifar10

    data = cifar10.load(tmp_path)
    chosen = [0, 2, 3]  # at equal distances, rounded
    images = torch.cat([as_input(data.images[i], subject.spec) for i in chosen])
    with torch.no_grad():
        loss = torch.nn.functional.cross_entropy(
            subject.network(images).double(), torch.from_numpy(data.labels[chosen])
        )
    assert result.screen.intact.loss == pytest.approx(float(loss), rel=1e-5)


def test_what_cannot_be_measured_is_said(tmp_path: Path) -> None:
    trained = last(LesionsRequest(snapshot("resnet18")))
    assert trained.twin is None
    assert trained.no_twin == "The catalog has no plain twin of ResNet-18."
    missing = LesionsRequest(snapshot("resnet20"), "labelled", str(tmp_path / "no.zip"))
    with pytest.raises(TaskError, match=r"no\.zip gives no labelled images"):
        list(run(missing, CONTEXT))
    broken = tmp_path / "broken.zip"
    broken.write_bytes(b"nothing")
    with pytest.raises(TaskError, match="gives no labelled images"):
        list(run(LesionsRequest(snapshot("resnet20"), "labelled", str(broken)), CONTEXT))
    with pytest.raises(TaskError, match="ResNet-18 knows ImageNet's classes"):
        list(run(LesionsRequest(snapshot("resnet18"), "labelled", str(tmp_path)), CONTEXT))


def test_a_trained_network_is_not_compared_with_an_untrained_twin(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = catalog.find("resnet20")
    twin = catalog.find("plain110")  # one that has no weights
    monkeypatch.setattr("resnet_viz.analysis.lesions.twin_of", lambda _: twin)
    result = last(LesionsRequest(snapshot(spec.name, WeightsChoice())))
    assert result.twin is None
    assert "no trained weights of it come with the program" in result.no_twin


def test_a_plain_network_of_the_users_own_is_refused_with_a_sentence() -> None:
    conv = Conv(8, 8, 3)
    stages = ((BlockSpec((conv, conv)), BlockSpec((conv, conv))),)
    of = Architecture(3, (Conv(3, 8, 3),), stages, (HeadLayer("linear", 8, 10),), combine="none")
    network = BuiltResNet(of).eval()

    class Own(Session):
        def subject(self, *rest: Any, **named: Any) -> Subject:
            return replace(
                super().subject(*rest, **named), network=network, gates=SkipGates(network)
            )

    asked = LesionsRequest(snapshot("plain20"))
    with pytest.raises(TaskError, match="cannot be left out"):
        list(run(asked, TaskContext(Own(), list, lambda: False)))
