"""The user's own weights in the real window: dropped, recognised, named and normalised."""

from __future__ import annotations

from pathlib import Path

import pytest
import safetensors.torch
import torch
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from resnet_viz.networks import catalog
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.preprocessing import HALF, IMAGENET, Preprocessing
from resnet_viz.views.shell.main_window import MainWindow
from resnet_viz.views.shell.preprocessing import OTHER, PreprocessingDialog
from resnet_viz.views.shell.reading import ReadingDialog
from tests.gui.conftest import Driver


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A pre-activation network for three classes, as a training script would leave it."""
    torch.manual_seed(0)
    state = catalog.find("preact-resnet20").adapted(3, None).build().state_dict()
    path = tmp_path / "mine.th"
    torch.save({"epoch": 9, "state_dict": {f"module.{k}": v for k, v in state.items()}}, path)
    return path


def click(driver: Driver, text: str) -> None:
    """Press a button of the message area."""
    buttons = driver.window.message.findChildren(QPushButton)
    button = next(b for b in buttons if b.text() == text and b.isVisible())
    driver.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def message(window: MainWindow) -> str:
    return window.message.text.text() if window.message.isVisible() else ""


def test_a_checkpoint_is_put_on_its_network(
    driver: Driver, checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = driver.show().window
    window.state.set_target(5)
    window.open_path(str(checkpoint))
    driver.qtbot.waitUntil(lambda: "mine.th" in message(window), timeout=60_000)
    assert "Pre-act ResNet-20 with 3 classes" in message(window)
    assert "things are guessed" in message(window)
    driver.qtbot.waitUntil(lambda: not window.checkpoints.progress.isVisible())
    result = driver.next_result()
    assert result.snapshot.network == "preact-resnet20"
    assert result.snapshot.target is None
    assert result.labels == ("class 0", "class 1", "class 2")
    assert result.weights.title == "mine.th"
    assert window.explorer.toolbar.network_box.currentData() == "preact-resnet20"

    names = tmp_path / "names.txt"
    names.write_text("apple\ncherry\nfig\n")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(names), ""))
    click(driver, "Class names…")
    assert driver.next_result().labels == ("apple", "cherry", "fig")

    before = driver.results[-1]
    window.actions_by_name["preprocessing"].trigger()
    dialog = window.findChild(PreprocessingDialog)
    dialog.size_box.setValue(40)
    dialog.known.setCurrentIndex(dialog.known.findText(HALF.title))
    dialog.known.activated.emit(dialog.known.currentIndex())
    driver.qtbot.mouseClick(dialog.ok, Qt.MouseButton.LeftButton)
    after = driver.next_result()
    assert after.snapshot.weights.preprocessing == Preprocessing(40, HALF.mean, HALF.std)
    assert after.network_input.shape == (40, 40, 3)
    assert after.structure.input_shape == (3, 40, 40)
    assert after.labels == before.labels
    assert abs(after.now.logits - before.now.logits).max() > 1e-4

    window.checkpoints.name_classes(str(checkpoint))
    assert "mine.th is no text" in message(window)
    names.write_text("apple\ncherry\n")
    window.checkpoints.name_classes(str(names))
    assert "has 2 names" in message(window)
    assert driver.window.state.snapshot.weights.labels == ("apple", "cherry", "fig")
    names.write_text("apple\ncherry\nkiwi\n")
    window.checkpoints.name_classes(str(names))
    assert message(window) == ""
    assert driver.next_result().labels == ("apple", "cherry", "kiwi")


def test_what_fits_nothing_offers_the_nearest(driver: Driver, tmp_path: Path) -> None:
    window = driver.show().window
    state = catalog.find("lenet5").build().state_dict()
    state["conv2.weight"] = torch.zeros(16, 6, 3, 3)
    torch.save(state, tmp_path / "odd.pt")
    window.open_path(str(tmp_path / "odd.pt"))
    driver.qtbot.waitUntil(lambda: "odd.pt" in message(window), timeout=60_000)
    assert "conv2.weight is (16, 6, 3, 3) there" in message(window)
    assert window.state.snapshot.weights == WeightsChoice()
    click(driver, "Open LeNet-5")
    assert driver.next_result().structure.title == "LeNet-5"


@pytest.fixture
def two_networks(tmp_path: Path) -> Path:
    """As momentum contrast leaves it: two networks with a head that the catalog's have not."""
    content = {}
    for part in ("encoder_q", "encoder_k"):
        state = catalog.find("resnet20-projection").build().state_dict()
        weight = state.pop("fc.weight")
        state["fc.0.weight"], state["fc.0.bias"] = torch.eye(64), torch.zeros(64)
        state["fc.2.weight"], state["fc.2.bias"] = weight, state.pop("fc.bias")
        content |= {f"module.{part}.{name}": value for name, value in state.items()}
    path = tmp_path / "two"
    torch.save({"state_dict": content, "arch": "resnet20"}, path)
    return path


def test_a_network_of_its_own_is_explored_with_its_skips(
    driver: Driver, two_networks: Path
) -> None:
    """The file has no suffix, and two networks; the other one is offered."""
    window = driver.show().window
    window.open_path(str(two_networks))
    driver.qtbot.waitUntil(lambda: "encoder_q of two networks" in message(window), timeout=60_000)
    first = driver.next_result()
    assert first.structure.title == "ResNet-20"
    assert len(first.structure.skips) == 9
    assert first.labels[:2] == ("class 0", "class 1")
    box = window.explorer.toolbar.network_box
    assert box.currentText() == "ResNet-20 · two"
    window.state.set_skips(first.structure.skips, False)
    assert driver.next_result().now.logits.tolist() != first.now.logits.tolist()

    click(driver, "What was guessed…")
    dialog = window.findChild(ReadingDialog)
    dialog.networks.setCurrentText("encoder_k")
    driver.qtbot.mouseClick(dialog.apply, Qt.MouseButton.LeftButton)
    driver.qtbot.waitUntil(lambda: "encoder_k of two networks" in message(window), timeout=60_000)
    second = driver.next_result()
    assert second.snapshot.gates.all_on
    assert second.now.logits.tolist() != first.now.logits.tolist()

    window.state.set_weights(WeightsChoice("untrained"))
    assert not driver.next_result().weights.trained
    window.state.set_network("resnet20")
    assert driver.next_result().structure.title == "ResNet-20"
    window.state.set_network(second.snapshot.network)
    assert driver.next_result().now.logits.tolist() == second.now.logits.tolist()


@pytest.mark.long
def test_the_statistics_in_a_file_correct_a_wrong_guess(driver: Driver, tmp_path: Path) -> None:
    """Plain-20 as it ships has the names and shapes of ResNet-20, and only its norms tell."""
    window = driver.show().window
    path = tmp_path / "mine.pth"
    shipped = Path(__file__).parents[2] / "assets" / "weights" / "plain20-cifar10.safetensors"
    torch.save(safetensors.torch.load_file(shipped), path)
    window.open_path(str(path))
    driver.qtbot.waitUntil(lambda: "fits its own statistics" in message(window), timeout=90_000)
    assert "read as Plain-20" in message(window)
    result = driver.next_result()
    assert result.structure.title == "Plain-20"
    assert not result.structure.skips


def test_a_network_of_single_layers_is_explored_without_skips(driver: Driver) -> None:
    """LeNet stands for AlexNet and VGG, which take long."""
    window = driver.show().window
    window.explorer.toolbar.network_chosen.emit("lenet5")
    result = driver.next_result()
    assert [block.name for block in result.now.blocks] == ["stem", "conv2"]
    grey = result.network_input
    assert (grey == grey[:, :, :1]).all()
    driver.qtbot.waitUntil(lambda: not window.explorer.toolbar.all_off.isVisible())
    assert not any(button.isVisible() for button in window.explorer.toolbar.stage_buttons)
    assert window.explorer.toolbar.no_skips.toolTip().startswith("LeNet-5 has no skips")
    assert not window.explorer.strength.slider.isVisible()
    assert "only sees the one before (LeCun 1998" in window.explorer.strength.why.said
    assert not window.explorer.panels["predictions"].all_on.isVisible()
    assert window.explorer.panels["predictions"].now.title.text() == "Most probable"
    assert "skips as now" not in window.explorer.panels["saliency"].panel.heading.text()
    assert not window.actions_by_name["skips_off"].isEnabled()
    window.explorer.toolbar.network_chosen.emit("resnet20")
    driver.next_result()
    assert window.explorer.toolbar.all_off.isVisible()
    assert not window.explorer.toolbar.no_skips.isVisible()
    assert window.explorer.strength.slider.isVisible()
    assert window.explorer.panels["predictions"].all_on.isVisible()


def test_the_dialogue_names_what_its_boxes_are_at(qtbot: QtBot) -> None:
    own = catalog.find("resnet20").preprocessing
    dialog = PreprocessingDialog("ResNet-20", own, own)
    qtbot.addWidget(dialog)
    assert (dialog.known.currentText(), dialog.value()) == ("CIFAR-10", own)
    dialog.mean[1].setValue(0.9)
    assert dialog.known.currentText() == OTHER
    assert dialog.value().mean == (own.mean[0], 0.9, own.mean[2])
    dialog.show_value(Preprocessing(224, IMAGENET.mean, IMAGENET.std))
    assert dialog.known.currentText() == "ImageNet"
    qtbot.mouseClick(dialog.restore, Qt.MouseButton.LeftButton)
    assert dialog.value() == own
