"""The models downstream of a backbone, against torchvision's own; nothing is downloaded."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import get_model, get_model_weights, resnet18
from torchvision.ops import FrozenBatchNorm2d

from resnet_viz.networks import downstream, weights
from resnet_viz.networks.download import WeightsError
from resnet_viz.networks.downstream import DOWNSTREAM, Downstream, modern, opened

ALL = pytest.mark.parametrize("spec", DOWNSTREAM.values(), ids=lambda spec: spec.name)
State = dict[str, Tensor]


def bare(name: str, **options: Any) -> nn.Module:
    """torchvision's model without numbers."""
    with torch.device("meta"):
        return get_model(name, weights=None, weights_backbone=None, **options)


def save(path: Path, state: State, wrapped: bool = False) -> Path:
    """A file of half the size, of a state of ones with the shapes of ``state``."""
    ones = {
        name: torch.full(value.shape, 0.5, dtype=torch.float16)
        if value.is_floating_point()
        else torch.zeros(value.shape, dtype=value.dtype)
        for name, value in state.items()
    }
    if wrapped:
        prefixed = {f"module.{name}": value for name, value in ones.items()}
        torch.save({"model": prefixed, "epoch": 3, "optimizer": {"param_groups": []}}, path)
    else:
        torch.save(ones, path)
    return path


@ALL
def test_official_weights_are_torchvisions(
    spec: Downstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(weights.MIRROR_VARIABLE, "https://mirror.example/weights")
    given = weights.official(spec)
    assert given is not None
    newest = get_model_weights(spec.name).DEFAULT
    assert given.enum is newest
    assert given.file_name == spec.published.file
    assert re.fullmatch(r"[0-9a-f]{8}", given.sha256_prefix)
    assert weights.official_url(spec) == f"https://mirror.example/weights/{given.file_name}"
    assert len(newest.meta["categories"]) == spec.classes
    assert downstream.labels_of(spec, spec.classes) == tuple(newest.meta["categories"])
    assert downstream.labels_of(spec, 3) == ("background", "class 1", "class 2")


@ALL
def test_a_model_has_the_tensors_of_torchvisions(spec: Downstream) -> None:
    with torch.device("meta"):
        ours = spec.build()
    theirs = bare(spec.name)
    expected = {
        name: value.shape
        for name, value in theirs.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    found = {
        name: value.shape
        for name, value in ours.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }
    assert found == expected


@ALL
def test_the_stages_are_those_of_the_model(spec: Downstream) -> None:
    with torch.device("meta"):
        network: Any = spec.build().eval()
        body = getattr(network.backbone, "body", network.backbone)
        values = torch.zeros(1, 3, 128, 96)
        sizes = {}
        for name, module in body.items():
            values = module(values)
            sizes[name] = values.shape
    for stage, name in zip(spec.stages, ("conv1", "layer1", "layer2", "layer3", "layer4"),
                           strict=True):  # fmt: skip
        _, channels, height, width = sizes[name]
        assert (stage.channels, stage.stride) == (channels, 128 // height)
        assert stage.stride == 96 // width
        if name != "conv1":
            assert body[name][-1].conv2.dilation == (stage.dilation, stage.dilation)


def test_names_of_older_files_are_read_as_torchvision_reads_them() -> None:
    theirs = bare("maskrcnn_resnet50_fpn")
    new = list(theirs.state_dict())
    old = [
        re.sub(
            r"mask_head\.(\d)\.0\.", lambda found: f"mask_head.mask_fcn{int(found[1]) + 1}.",
            re.sub(r"(inner_blocks\.\d|layer_blocks\.\d|head\.conv\.0)\.0\.", r"\1.", name),
        ).replace("head.conv.0.", "head.conv.")
        for name in new
    ]  # fmt: skip
    assert sum(a != b for a, b in zip(old, new, strict=True)) == 2 * (4 + 4 + 1 + 4)
    values = theirs.state_dict().values()
    assert theirs.load_state_dict(dict(zip(old, values, strict=True)), assign=True)
    assert [modern(name) for name in old] == new
    assert [modern(name) for name in new] == new


def test_a_file_of_the_older_format_with_the_older_names_is_opened(tmp_path: Path) -> None:
    """torchvision's own detectors are such files."""
    state = {
        re.sub(r"(inner_blocks\.\d|layer_blocks\.\d)\.0\.", r"\1.", name)
        .replace("rpn.head.conv.0.0.", "rpn.head.conv."): torch.ones(value.shape).half()
        for name, value in bare("fasterrcnn_resnet50_fpn").state_dict().items()
        if not name.endswith("num_batches_tracked")
    }  # fmt: skip
    path = tmp_path / "old.pth"
    torch.save(state, path, _use_new_zipfile_serialization=False)
    found = opened(path)
    assert found.spec.name == "fasterrcnn_resnet50_fpn"
    assert (found.network.state_dict()["backbone.fpn.inner_blocks.2.0.weight"] == 1).all()


def test_a_users_detector_with_classes_of_its_own_is_opened(tmp_path: Path) -> None:
    state = bare("fasterrcnn_resnet50_fpn", num_classes=3).state_dict()
    counted = opened(save(tmp_path / "mine.pth", state, wrapped=True))
    assert counted.spec.name == "fasterrcnn_resnet50_fpn"
    assert counted.labels == ("background", "class 1", "class 2")
    assert counted.weights.title == "mine.pth"
    assert counted.weights.trained
    assert not counted.network.training
    for name, value in counted.network.state_dict().items():
        assert (value == 0.5).all(), name
    norms = [one for one in counted.network.modules() if isinstance(one, FrozenBatchNorm2d)]
    assert {one.eps for one in norms} == {1e-5}
    # What torchvision saves of a detector has no counts, and was trained without an epsilon.
    bare_norms = {k: v for k, v in state.items() if "num_batches" not in k}
    frozen = opened(save(tmp_path / "frozen.pth", bare_norms))
    norms = [one for one in frozen.network.modules() if isinstance(one, FrozenBatchNorm2d)]
    assert {one.eps for one in norms} == {0.0}


@ALL
def test_a_file_of_torchvisions_is_recognised(spec: Downstream, tmp_path: Path) -> None:
    more = {"aux_loss": True} if spec.task == "segmentation" else {}
    found = opened(save(tmp_path / "mine.pth", bare(spec.name, **more).state_dict()))
    assert found.spec is spec
    assert found.labels == tuple(get_model_weights(spec.name).DEFAULT.meta["categories"])


def test_files_of_something_else_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "resnet18.pth"
    torch.save(resnet18().state_dict(), path)
    with pytest.raises(WeightsError) as caught:
        opened(path)
    assert str(caught.value) == (
        "resnet18.pth holds none of FCN-ResNet-50, DeepLabV3-ResNet-50, Faster R-CNN and "
        "Mask R-CNN with a ResNet-50 as their backbone; open weights of one of these, or open "
        "this file in the explorer"
    )
    deeper = bare("fcn_resnet50").state_dict()
    deeper["backbone.layer3.6.conv1.weight"] = torch.zeros(256, 1024, 1, 1)
    with pytest.raises(WeightsError, match=r"deep\.pth is not for FCN-ResNet-50: .*layer3\.6"):
        opened(save(tmp_path / "deep.pth", deeper))
    (tmp_path / "torn.pth").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(WeightsError, match=r"torn\.pth"):
        opened(tmp_path / "torn.pth")


def test_an_untrained_model_is_the_same_every_time() -> None:
    state = torch.random.get_rng_state()
    spec = DOWNSTREAM["fcn_resnet50"]
    first, second = (downstream.untrained(spec, 0).network.state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert torch.equal(torch.random.get_rng_state(), state)
