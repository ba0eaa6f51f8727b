"""Training on a small data set made here; the recipe's parts one by one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from resnet_viz import assets, cli
from resnet_viz.analysis.card import keep_runs, run_name, train_network
from resnet_viz.analysis.training_run import (
    Recipe,
    Trainer,
    augment,
    evaluate,
    learning_rate,
    smooth,
    to_tensor,
)
from resnet_viz.images.cifar10 import LabelledImages
from resnet_viz.networks import catalog, weights
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.cifar import CifarResNet
from resnet_viz.networks.family import CLASSES

RECIPE = Recipe(epochs=4, batch_size=16)


def two_classes(count: int, seed: int) -> LabelledImages:
    """Dark images and bright ones, with noise."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 2, count)
    images = random.integers(0, 100, (count, 32, 32, 3)) + 120 * labels[:, None, None, None]
    return LabelledImages(images.astype(np.uint8), labels.astype(np.int64))


def trainer(recipe: Recipe = RECIPE) -> Trainer:
    torch.manual_seed(0)
    return Trainer(CifarResNet(8), recipe, two_classes(64, 0), two_classes(40, 1))


def weights_of(trained: Trainer) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in trained.network.state_dict().items()}


def test_a_small_network_learns() -> None:
    learner = trainer()
    steps = [step for _ in range(4) for step in learner.run_epoch()]
    assert learner.finished
    assert len(steps) == 16
    assert (steps[-1].epoch, steps[-1].step, steps[-1].steps_per_epoch) == (3, 3, 4)
    assert learner.history.test_accuracy[-1] > 0.9
    assert learner.history.train_loss[-1] < learner.history.train_loss[0]
    assert evaluate(learner.network, learner.test)[1] == learner.history.test_accuracy[-1]


def test_a_resumed_run_is_the_uninterrupted_one(tmp_path: Path) -> None:
    whole = trainer()
    for _ in range(3):
        list(whole.run_epoch())
    first = trainer()
    list(first.run_epoch())
    first.save(tmp_path / "a" / "run.pt")
    list(islice(first.run_epoch(), 2))  # the rest of this epoch is lost
    second = trainer()
    second.resume(tmp_path / "a" / "run.pt")
    assert second.epoch == 1
    for _ in range(2):
        list(second.run_epoch())
    assert second.history == whole.history
    for name, value in weights_of(whole).items():
        assert torch.equal(value, weights_of(second)[name]), name


def test_a_save_that_dies_leaves_the_last_checkpoint_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = trainer()
    list(learner.run_epoch())
    learner.save(tmp_path / "run.pt")
    list(learner.run_epoch())

    def die(saved: object, file: Any) -> None:
        file.write(b"half of it")
        raise OSError("no room left")

    monkeypatch.setattr(torch, "save", die)
    with pytest.raises(OSError, match="no room"):
        learner.save(tmp_path / "run.pt")
    again = trainer()
    again.resume(tmp_path / "run.pt")
    assert again.epoch == 1


def test_another_recipe_is_refused(tmp_path: Path) -> None:
    learner = trainer()
    learner.save(tmp_path / "run.pt")
    with pytest.raises(ValueError, match=r"run\.pt was trained with another recipe"):
        trainer(replace(RECIPE, seed=1)).resume(tmp_path / "run.pt")


def test_the_rate_falls_in_steps_as_in_he_2015() -> None:
    rates = [learning_rate(Recipe(), epoch) for epoch in range(60)]
    assert rates[:30] == [0.1] * 30
    assert rates[30:45] == pytest.approx([0.01] * 15)
    assert rates[45:] == pytest.approx([0.001] * 15)


def test_each_epoch_measures_gradients_and_fixed_images() -> None:
    learner = trainer()
    for _ in range(2):
        list(learner.run_epoch())
    history = learner.history
    assert list(history.gradient_norms) == [
        "conv1",
        "layer1.0.conv1",
        "layer2.0.conv1",
        "layer3.0.conv1",
        "layer3.0.conv2",
    ]
    assert all(len(norms) == 2 and min(norms) > 0 for norms in history.gradient_norms.values())
    assert history.rate == [0.1, 0.1]
    assert (history.fixed_loss[-1], history.fixed_accuracy[-1]) == evaluate(
        learner.network, learner.fixed
    )


def test_smoothing_keeps_the_mean_and_lowers_the_contrast() -> None:
    images = torch.rand(3, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    blurred = smooth(images, torch.tensor([0.2, 0.6, 1.0]))
    assert blurred.mean(dim=(1, 2, 3)) == pytest.approx(images.mean(dim=(1, 2, 3)), abs=0.01)
    kept = blurred.std(dim=(1, 2, 3)) / images.std(dim=(1, 2, 3))
    assert kept[0] > 0.99
    assert 1 > kept[1] > kept[2]
    flat = torch.full((1, 3, 8, 8), 0.3)
    torch.testing.assert_close(smooth(flat, torch.tensor([0.7])), flat)


def test_augmented_images_are_shifted_and_flipped_copies() -> None:
    images = torch.rand(64, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    before = images.clone()
    changed = augment(images, 0.0, torch.Generator().manual_seed(1))
    assert torch.equal(images, before)
    padded = torch.nn.functional.pad(images, (4, 4, 4, 4), mode="reflect")
    for number in range(8):
        both = (padded[number], padded[number].flip(2))
        windows = [
            source[:, y : y + 32, x : x + 32] for source in both for y in range(9) for x in range(9)
        ]
        assert any(torch.equal(changed[number], window) for window in windows)
    again = augment(images, 0.0, torch.Generator().manual_seed(1))
    assert torch.equal(changed, again)


def test_to_tensor() -> None:
    image = np.zeros((1, 4, 4, 3), np.uint8)
    image[0, 1, 2] = (255, 51, 0)
    assert to_tensor(image)[0, :, 1, 2].tolist() == pytest.approx([1, 0.2, 0])


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """CIFAR-10 in the form that `make train` takes, with four images a class."""
    for part, seed in (("train", 0), ("test", 1)):
        images = np.random.default_rng(seed).integers(0, 255, (40, 32, 32, 3), np.uint8)
        for number, pixels in enumerate(images):
            folder = tmp_path / "data" / f"cifar10-{part}" / CLASSES[number % 10]
            folder.mkdir(parents=True, exist_ok=True)
            Image.fromarray(pixels).save(folder / f"{number:04}.png")
    return tmp_path / "data"


def test_training_from_the_command_line(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "runs"
    arguments = ["train", "--network", "resnet20", "--data", str(data), "--out", str(out)]
    arguments += ["--epochs", "1"]
    assert cli.main(arguments) == 0
    path = out / "resnet20-cifar10.safetensors"
    card = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert card["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert card["recipe"]["epochs"] == 1
    assert len(card["history"]["test_accuracy"]) == 1
    assert "collapse" not in card  # it is derived from the weights, not a part of the training
    assert "not comparable" in card["note"]
    assert load_file(path)["conv1.weight"].dtype == torch.float16
    # The app takes the file as it is.
    spec = catalog.find("resnet20")
    network = spec.build()
    info = weights.load(network, spec, WeightsChoice("file", str(path)))
    assert info.trained
    assert torch.equal(network.conv1.weight, load_file(path)["conv1.weight"].float())
    # A finished run is not trained again.
    capsys.readouterr()
    assert cli.main(arguments) == 0
    assert "epoch 1" not in capsys.readouterr().out


def test_a_run_whose_folder_was_lost_goes_on_from_what_was_kept(data: Path, tmp_path: Path) -> None:
    spec, runs, kept = catalog.find("resnet20"), tmp_path / "runs", tmp_path / "unfinished"
    recipe = Recipe(epochs=2)
    images = two_classes(20, 0)
    torch.manual_seed(0)
    begun = Trainer(spec.build(), recipe, images, images)
    list(begun.run_epoch())
    begun.save(runs / "resnet20.pt")
    assert keep_runs(runs, kept) == [kept / "resnet20.pt"]
    elsewhere = tmp_path / "elsewhere"
    # Another recipe does not go on from it, the same one does, and has its first epoch.
    assert kept_epochs(train_network(spec, data, elsewhere, Recipe(epochs=1), kept)) == 1
    assert begun.history.train_loss[0] not in curve_of(elsewhere / "resnet20-cifar10.json")
    path = train_network(spec, data, tmp_path / "second", recipe, kept)
    assert curve_of(path.with_suffix(".json"))[0] == begun.history.train_loss[0]
    assert kept_epochs(path) == 2
    # What is finished is kept as weights and card, and is not trained again.
    names = ["resnet20-cifar10.safetensors", "resnet20-cifar10.json"]
    assert keep_runs(path.parent, kept) == [kept / name for name in names]
    assert sorted(file.name for file in kept.iterdir()) == sorted(names)
    third = train_network(spec, tmp_path / "no data", tmp_path / "third", recipe, kept)
    assert third.read_bytes() == path.read_bytes()
    with pytest.raises(FileNotFoundError, match="holds no run"):
        keep_runs(tmp_path / "nowhere", kept)


def curve_of(card: Path) -> list[float]:
    losses: list[float] = json.loads(card.read_text(encoding="utf-8"))["history"]["train_loss"]
    return losses


def kept_epochs(path: Path) -> int:
    return len(curve_of(path.with_suffix(".json")))


def test_runs_are_told_apart_by_seed_and_blur() -> None:
    spec = catalog.find("resnet20")
    names = [run_name(spec, r) for r in (Recipe(), Recipe(seed=1), Recipe(smoothing=0.0, seed=2))]
    assert names == ["resnet20", "resnet20-seed1", "resnet20-seed2-blur0"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", "nowhere"], "nowhere"),
        (["--data", "DATA", "--network", "resnet50"], "ResNet-50"),
        (["--data", "DATA", "--epochs", "0"], "--epochs 0"),
        (["--data", "DATA", "--smoothing", "2"], "--smoothing 2"),
    ],
)
def test_training_that_cannot_be_done(
    data: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert cli.main(["train", *(text.replace("DATA", str(data)) for text in arguments)]) == 2
    assert words in capsys.readouterr().err


EMBEDDED = sorted(spec.name for spec in catalog.CATALOG.values() if spec.embedded)


def card_of(name: str) -> dict[str, Any]:
    path = assets.path("weights", f"{name}-cifar10.json")
    card: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return card


@pytest.mark.parametrize("name", EMBEDDED)
def test_the_embedded_weights_are_those_of_their_card(name: str) -> None:
    path = assets.path("weights", f"{name}-cifar10.safetensors")
    card = card_of(name)
    assert card["network"] == name
    assert card["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert f"{card['test_accuracy']:.1%}" in card["title"]
    curves = {**card["history"], **card["history"].get("gradient_norms", {})}
    curves.pop("gradient_norms", None)
    assert {len(curve) for curve in curves.values()} == {card["recipe"]["epochs"]}


def test_the_embedded_twins_are_trained_alike_and_show_degradation() -> None:
    """He 2015 fig. 6: the deeper plain network is worse in training too, the residual one not."""
    assert EMBEDDED == ["plain20", "plain56", "resnet20", "resnet56"]
    cards = {name: card_of(name) for name in EMBEDDED}
    assert len({json.dumps(card["recipe"]) for card in cards.values()}) == 1
    error = {name: 1 - card["history"]["train_accuracy"][-1] for name, card in cards.items()}
    assert error["plain56"] > error["plain20"]
    assert error["resnet56"] <= error["resnet20"]
