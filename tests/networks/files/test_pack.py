"""Each kind of file in the pack gives its tensors bit for bit, or the true reason why not."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from resnet_viz.networks.download import WeightsError
from resnet_viz.networks.files.contents import FileContents
from resnet_viz.networks.files.find import find_networks
from resnet_viz.networks.files.reader import read_file
from tests import pack

MAKE = pack.load()
NAMES = [] if MAKE is None else MAKE.names()
REFUSED = [name for name in NAMES if MAKE.read(name)["expect"].startswith("refused")]
CODE = [name for name in REFUSED if "runs_code" in name]
OPENED = [name for name in NAMES if name not in REFUSED] + CODE
needs_pack = pytest.mark.skipif(MAKE is None, reason=pack.WHY)


@pytest.mark.long
@needs_pack
@pytest.mark.parametrize("name", OPENED)
def test_all_tensors_are_read(tmp_path: Path, name: str) -> None:
    kind = MAKE.read(name)
    path = MAKE.make(name, tmp_path)
    contents = read_file(path)
    expected = MAKE.tensors(kind)
    for key, value in expected.items():
        last = key.rpartition("/")[2]
        same = [
            info
            for full, info in contents.tensors.items()
            if full == last or full.endswith(f".{last}")
        ]
        loaded = [info.load() for info in same if info.shape == tuple(value.shape)]
        assert any(one.dtype == value.dtype and torch.equal(one, value) for one in loaded), key
    assert not MAKE.marker_of(path).exists()


@pytest.mark.long
@needs_pack
@pytest.mark.parametrize("name", [name for name in REFUSED if name not in CODE])
def test_other_files_are_refused_with_the_true_reason(tmp_path: Path, name: str) -> None:
    path = MAKE.make(name, tmp_path)
    with pytest.raises(WeightsError) as caught:
        read_file(path)
    assert str(caught.value).startswith(f"{path.name} ")
    assert any(word in str(caught.value) for word in MAKE.read(name)["says"])


FIRST = {
    "byol": ("online_encoder", ["target_encoder"]),
    "dino_full": ("teacher", ["student"]),
    "teacher_student": ("teacher", ["student"]),
    "ema_pair": ("state_dict_ema", ["state_dict"]),
    "moco_v2": ("encoder_q", ["encoder_k"]),
    "torchvision_references": ("model_ema", ["model"]),
    "madry_cifar_resnet50": ("model", []),
    "fasterrcnn_resnet50_fpn": ("", []),
    "lightning_model": ("", []),
    "list_wrapper": ("", []),
}


@needs_pack
@pytest.mark.parametrize("name", FIRST)
def test_the_network_for_use_comes_first(tmp_path: Path, name: str) -> None:
    found = find_networks(read_file(MAKE.make(name, tmp_path)))
    first, others = FIRST[name]
    assert [candidate.title for candidate in found] == [first, *others]
    assert all(candidate.reason for candidate in found)


@needs_pack
@pytest.mark.parametrize("name", ["compiled_stage", "ddp_then_compile", "averaged_model"])
def test_wrappers_leave_the_names(tmp_path: Path, name: str) -> None:
    (only,) = find_networks(read_file(MAKE.make(name, tmp_path)))
    assert next(iter(only.tensors)) == "conv1.weight"
    assert "layer1.0.conv1.weight" in only.tensors
    assert not any("_orig_mod" in key or "module" in key for key in only.tensors)


def strides(contents: FileContents) -> dict[str, object]:
    (only,) = find_networks(contents)
    return {path: info.attributes.get("stride") for path, info in only.modules.items()}


@needs_pack
@pytest.mark.parametrize(
    "name", ["whole_module", "whole_module_own_class", "torchscript_script", "torchscript_trace"]
)
def test_whole_networks_give_their_true_strides(tmp_path: Path, name: str) -> None:
    contents = read_file(MAKE.make(name, tmp_path))
    found = strides(contents)
    assert found["conv1"] == (2, 2)
    assert found["layer2.0.conv1"] == (2, 2)
    assert found["layer2.0.conv2"] == (1, 1)
    (only,) = find_networks(contents)
    assert only.modules["relu"].kind == "ReLU"
    assert only.modules["bn1"].attributes["eps"] == 1e-5


@needs_pack
def test_what_lies_beside_the_weights_is_plain(tmp_path: Path) -> None:
    contents = read_file(MAKE.make("lightning_net_namespace", tmp_path))
    assert dict(contents.found("args")) == {"hyper_parameters.args": {"lr": 0.1, "gpus": 1}}
    assert any("argparse.Namespace" in note for note in contents.notes)
    contents = read_file(MAKE.make("lightning_resnet_omegaconf", tmp_path))
    assert dict(contents.found("cfg")) == {"hyper_parameters.cfg": {"lr": 0.1}}
    contents = read_file(MAKE.make("numpy_beside_weights", tmp_path))
    assert contents.evidence["best_acc"] == 93.1
    assert contents.evidence["out"] == "runs/1"
    contents = read_file(MAKE.make("mean_std_buffers", tmp_path))
    assert len(dict(contents.found("mean"))["mean"]) == 3  # type: ignore[arg-type]
