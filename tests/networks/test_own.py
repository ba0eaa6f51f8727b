"""Files of weights find their networks: those of the catalog, and those of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import Tensor

from resnet_viz.networks import weights
from resnet_viz.networks.catalog import find
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.own import Own, open_own
from resnet_viz.networks.recognise import Unrecognised

State = dict[str, Tensor]


def a_state(name: str, classes: int | None = None) -> State:
    return dict(find(name).adapted(classes, None).build().state_dict())


def save(path: Path, content: object) -> Path:
    torch.save(content, path)
    return path


def fits(own: Own) -> tuple[str, int]:
    """The network's name and how many classes it has."""
    return own.network, own.spec.adapted(own.weights.classes, None).classes


def wrapped(prefix: str, key: str | None = None) -> Callable[[State], object]:
    def wrap(state: State) -> object:
        named = {f"{prefix}{name}": value for name, value in state.items()}
        return named if key is None else {"epoch": 3, "best": 0.9, key: named}

    return wrap


@pytest.mark.parametrize(
    "wrap",
    [
        wrapped(""),
        wrapped("module."),
        wrapped("_orig_mod.", "model_state_dict"),
        wrapped("module.model.", "state_dict"),
        wrapped("model.", "net"),
        lambda state: {"model": {"state_dict": state}},
        lambda state: {"n_averaged": torch.tensor(5), **wrapped("module.")(state)},  # type: ignore[dict-item]
    ],
)
@pytest.mark.parametrize("name", ["a.pt", "a.th"])
def test_wrappers_and_prefixes_make_no_difference(
    tmp_path: Path, wrap: Callable[[State], object], name: str
) -> None:
    own = open_own(save(tmp_path / name, wrap(a_state("resnet32"))))
    assert fits(own) == ("resnet32", 10)


@pytest.mark.parametrize(
    "name",
    ["resnet20", "resnet20-projection", "preact-resnet20", "lenet5", "googlenet", "resnet18"],
)
def test_safetensors_find_their_network(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.safetensors"
    safetensors.torch.save_file(a_state(name), path)
    assert open_own(path).network == name


@pytest.mark.parametrize(
    ("name", "classes"), [("resnet20", 3), ("lenet5", 26), ("resnet18", 37), ("googlenet", 1)]
)
def test_another_number_of_classes_is_taken_over(tmp_path: Path, name: str, classes: int) -> None:
    path = save(tmp_path / "a.pth", a_state(name, classes))
    own = open_own(path)
    assert fits(own) == (name, classes)
    spec = own.spec.adapted(classes, None)
    network = spec.build()
    weights.load(network, spec, WeightsChoice("file", str(path), classes))
    image = torch.zeros(1, spec.channels, spec.input_size, spec.input_size)
    assert network(image).shape == (1, classes)
    assert len(own.weights.labels) == classes
    assert own.weights.labels[0] == ("yes" if classes == 1 else "class 0")


def test_a_plain_network_is_the_one_that_is_asked_for(tmp_path: Path) -> None:
    path = save(tmp_path / "a.pth", a_state("plain20"))
    own = open_own(path)
    assert own.network == "resnet20"
    assert "fits Plain-20 as well" in own.sentences()[0]
    assert open_own(path, "plain20").network == "plain20"
    assert open_own(path, "vgg16").network == "resnet20"
    plain = open_own(save(tmp_path / "b.pth", {"arch": "plain20", "model": a_state("plain20")}))
    assert plain.network == "plain20"


def test_depths_that_the_catalog_does_not_list_are_found(tmp_path: Path) -> None:
    path = save(tmp_path / "a.pth", a_state("cifar-resnet14-projection"))
    own = open_own(path)
    assert (own.network, own.spec.title) == (
        "cifar-resnet14-projection",
        "ResNet-14 (projection)",
    )
    with pytest.raises(ValueError, match="there is no network 'cifar-resnet15'"):
        find("cifar-resnet15")


def as_others_name_it(state: State) -> State:
    return {
        name.replace("fc.", "linear.").replace("downsample", "shortcut"): value
        for name, value in state.items()
    }


def with_a_dropout(state: State) -> State:
    return {name.replace("fc.", "fc.1."): value for name, value in state.items()}


@pytest.mark.parametrize("change", [as_others_name_it, with_a_dropout])
def test_other_authors_names_are_understood_and_loaded(
    tmp_path: Path, change: Callable[[State], State]
) -> None:
    state = a_state("resnet20-projection")
    path = save(tmp_path / "a.pth", change(state))
    spec = open_own(path).spec
    assert spec.name == "resnet20-projection"
    network = spec.build()
    weights.load(network, spec, WeightsChoice("file", str(path)))
    for name, value in network.state_dict().items():
        assert torch.equal(value, state[name]), name


def test_auxiliary_classifiers_of_googlenet_are_left_out(tmp_path: Path) -> None:
    state = a_state("googlenet") | {"aux1.fc2.bias": torch.zeros(1000)}
    path = save(tmp_path / "a.pth", state)
    spec = open_own(path).spec
    assert spec.name == "googlenet"
    weights.load(spec.build(), spec, WeightsChoice("file", str(path)))


def test_what_fits_nothing_names_the_nearest_network_and_the_differences(tmp_path: Path) -> None:
    state = a_state("resnet18")
    state["conv1.weight"] = torch.zeros(64, 3, 3, 3)
    del state["bn1.bias"]
    state["extra.weight"] = torch.zeros(2)
    state["layer4.1.bn2.bias"] = torch.zeros(7)
    with pytest.raises(Unrecognised) as caught:
        open_own(save(tmp_path / "mine.pth", state))
    assert caught.value.nearest == "resnet18"
    assert str(caught.value) == (
        "mine.pth fits none of the networks; the nearest is ResNet-18, but 4 of 123 tensors "
        "differ: conv1.weight is (64, 3, 3, 3) there and (64, 3, 7, 7) in the network; bn1.bias "
        "is missing there and (64,) in the network; layer4.1.bn2.bias is (7,) there and (512,) in "
        "the network and 1 more. Open weights that were made for one of the networks"
    )


def test_a_stray_tensor_is_no_network(tmp_path: Path) -> None:
    with pytest.raises(weights.WeightsError, match="holds no residual network that is known"):
        open_own(save(tmp_path / "a.pt", {"weight": torch.zeros(3)}))


def test_comparing_can_be_stopped(tmp_path: Path) -> None:
    def stop() -> None:
        raise InterruptedError

    path = save(tmp_path / "a.pt", a_state("resnet20"))
    with pytest.raises(InterruptedError):
        open_own(path, look=stop)
