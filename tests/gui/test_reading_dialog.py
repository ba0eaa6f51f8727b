"""How a file was read, in the real window: the sentence, the dialogue, and other readings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import resnet18

from resnet_viz.networks import catalog
from resnet_viz.networks.own import open_own
from resnet_viz.networks.preprocessing import CIFAR10, HALF, IMAGENET, Normalisation
from resnet_viz.results.result import Result
from resnet_viz.views.explorer.predictions import PredictionsView
from resnet_viz.views.shell.reading import ReadingDialog
from resnet_viz.views.widgets import theme
from tests.gui import fit
from tests.gui.conftest import Driver


def random_state(network: str, seed: int) -> dict[str, Tensor]:
    torch.manual_seed(seed)
    return catalog.find(network).build().state_dict()


@pytest.fixture
def padded(tmp_path: Path) -> Path:
    """ResNet-20 whose shortcuts are padded with zeros, at a side that no file can show."""
    path = tmp_path / "mine.pth"
    torch.save({"epoch": 3, "state_dict": random_state("resnet20", 0)}, path)
    return path


def zeros_after(state: dict[str, Tensor], x: Tensor) -> Tensor:
    """The logits of ResNet-20 with all the zeros of its padded shortcuts at the end.

    Shapes: (N, 3, 32, 32) → (N, 10).
    """

    def step(x: Tensor, conv: str, norm: str, stride: int) -> Tensor:
        x = functional.conv2d(x, state[f"{conv}.weight"], stride=stride, padding=1)
        mean, var = state[f"{norm}.running_mean"], state[f"{norm}.running_var"]
        return functional.batch_norm(x, mean, var, state[f"{norm}.weight"], state[f"{norm}.bias"])

    x = functional.relu(step(x, "conv1", "bn1", 1))
    for stage in (1, 2, 3):
        for block in range(3):
            name, stride = f"layer{stage}.{block}", 2 if stage > 1 and block == 0 else 1
            out = functional.relu(step(x, f"{name}.conv1", f"{name}.bn1", stride))
            out = step(out, f"{name}.conv2", f"{name}.bn2", 1)
            x = x[:, :, ::stride, ::stride]
            x = functional.relu(out + functional.pad(x, (0, 0, 0, 0, 0, out.shape[1] - x.shape[1])))
    return functional.linear(x.mean((2, 3)), state["fc.weight"], state["fc.bias"])


def seen(result: Result, by: Normalisation) -> Tensor:
    """What the network was given, (1, 3, S, S), out of the picture that a result shows."""
    pixels = torch.tensor(result.network_input).permute(2, 0, 1)[None].float() / 255
    mean, std = (torch.tensor(value).view(1, 3, 1, 1) for value in (by.mean, by.std))
    return (pixels - mean) / std


def said(driver: Driver) -> str:
    bar = driver.window.message
    return bar.text.text() if bar.isVisible() else ""


def opened(driver: Driver, path: Path) -> Result:
    """Open a file, and wait for its result and until all has been said about it."""
    window = driver.show().window
    window.open_path(str(path))
    driver.qtbot.waitUntil(lambda: f"{path.name} was read" in said(driver), timeout=60_000)
    driver.qtbot.waitUntil(lambda: not window.checkpoints.progress.isVisible(), timeout=60_000)
    return driver.next_result()


def dialog_of(driver: Driver) -> ReadingDialog:
    """The dialogue after a click on the button in the message area."""
    buttons = driver.window.message.findChildren(QPushButton)
    button = next(one for one in buttons if one.text() == "What was guessed…" and one.isVisible())
    driver.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    dialog = driver.window.findChild(ReadingDialog)
    assert dialog.isVisible()
    return dialog


def pick(box: QComboBox, text: str) -> None:
    """Choose with the keyboard: the first key goes to the top, then down to the text."""
    box.setFocus()
    QTest.keyClick(box, Qt.Key.Key_Home)
    while box.currentText() != text:
        before = box.currentIndex()
        QTest.keyClick(box, Qt.Key.Key_Down)
        assert box.currentIndex() == before + 1, f"{text} is not offered"


def press(driver: Driver, button: QPushButton) -> None:
    assert button.isEnabled()
    driver.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def applied(driver: Driver, dialog: ReadingDialog) -> Result:
    """Press Apply and wait for the result of what was chosen."""
    before = driver.window.state.snapshot
    press(driver, dialog.apply)
    assert driver.window.state.snapshot == before  # what is there stays until the new one comes
    driver.qtbot.waitUntil(lambda: driver.window.state.snapshot != before, timeout=60_000)
    driver.qtbot.waitUntil(
        lambda: not driver.window.checkpoints.progress.isVisible(), timeout=60_000
    )
    return driver.next_result()


def texts(dialog: ReadingDialog) -> list[str]:
    return [one.text() for one in dialog.findChildren(QLabel) if one.isVisible()]


@pytest.mark.long
def test_a_guess_is_shown_set_and_taken_back(driver: Driver, padded: Path) -> None:
    window = driver.window
    assert not window.actions_by_name["reading"].isEnabled()
    first = opened(driver, padded)
    assert said(driver) == "mine.pth was read as ResNet-20 with 10 classes; 8 things are guessed"
    assert window.actions_by_name["reading"].isEnabled()
    expected = zeros_after(random_state("resnet20", 0), seen(first, CIFAR10)).numpy()[0]
    assert np.abs(first.now.logits - expected).max() > 1e-2

    dialog = dialog_of(driver)
    box = dialog.boxes["pad"]
    assert box.accessibleName() == "The padded shortcut (option A)"
    assert box.currentText() == "zeros half before, half after"
    assert "It is usual." in texts(dialog)
    assert "It has no statistics from training" in dialog.fit.text()
    assert dialog.boxes["activation"].currentText() == "ReLU"
    assert dialog.boxes["size"].currentText() == "32×32 pixels"
    assert not dialog.apply.isEnabled()
    assert not dialog.back.isEnabled()

    pick(box, "zeros after")
    second = applied(driver, dialog)
    expected = zeros_after(random_state("resnet20", 0), seen(second, CIFAR10)).numpy()[0]
    assert np.abs(second.now.logits - expected).max() < 1e-3
    assert "7 things are guessed" in said(driver)
    assert dialog.boxes["pad"].currentText() == "zeros after"
    assert "It was chosen." in texts(dialog)
    assert not dialog.apply.isEnabled()

    window.activateWindow()
    driver.qtbot.waitUntil(window.isActiveWindow)
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    third = driver.next_result()
    assert third.now.logits.tolist() == first.now.logits.tolist()
    assert dialog.boxes["pad"].currentText() == "zeros half before, half after"
    dialog.activateWindow()
    driver.qtbot.waitUntil(dialog.isActiveWindow)
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(dialog, Qt.Key.Key_Z, both)
    assert driver.next_result().now.logits.tolist() == second.now.logits.tolist()
    assert dialog.boxes["pad"].currentText() == "zeros after"

    press(driver, dialog.back)
    driver.qtbot.waitUntil(
        lambda: dialog.boxes["pad"].currentText() == "zeros half before, half after",
        timeout=60_000,
    )
    assert driver.next_result().now.logits.tolist() == first.now.logits.tolist()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    window.state.set_network("resnet20-projection")
    assert not window.actions_by_name["reading"].isEnabled()


def test_outputs_that_exclude_no_other_are_shown_by_themselves(
    driver: Driver, padded: Path
) -> None:
    first = opened(driver, padded)
    assert first.now.probabilities.sum() == pytest.approx(1, abs=1e-5)
    dialog = dialog_of(driver)
    pick(dialog.boxes["outputs"], "each by itself, yes or no (sigmoid)")
    second = applied(driver, dialog)
    assert np.abs(second.now.logits - first.now.logits).max() < 1e-5
    expected = 1 / (1 + np.exp(-second.now.logits.astype(float)))
    assert np.abs(second.now.probabilities - expected).max() < 1e-5
    words = driver.window.explorer.findChild(PredictionsView).classes.toolTip()
    assert words.startswith("Each by itself, yes or no: 10 classes; knows only: ")


@pytest.mark.long
def test_the_max_pool_and_the_input_are_set_together(driver: Driver, tmp_path: Path) -> None:
    torch.manual_seed(1)
    network = resnet18(num_classes=5).eval()
    torch.save(network.state_dict(), tmp_path / "mine<i>.pth")
    opened(driver, tmp_path / "mine<i>.pth")
    assert said(driver).startswith("mine<i>.pth was read as ResNet-18 with 5 classes; ")
    assert driver.window.message.text.textFormat() == Qt.TextFormat.PlainText
    dialog = dialog_of(driver)
    assert dialog.what.textFormat() == Qt.TextFormat.PlainText
    pick(dialog.boxes["stem"], "stride 2 and no pool")
    pick(dialog.boxes["size"], "64×64 pixels")
    pick(dialog.boxes["normalisation"], HALF.title)
    result = applied(driver, dialog)
    assert result.network_input.shape == (64, 64, 3)
    network.maxpool = nn.Identity()
    with torch.no_grad():
        expected = network(seen(result, HALF))[0].numpy()
    assert np.abs(result.now.logits - expected).max() < 1e-3
    assert not dialog.status.isVisible()
    driver.window.state.undo_stack.undo()
    with torch.no_grad():
        network.maxpool = nn.MaxPool2d(3, 2, 1)
        back = driver.next_result()
        expected = network(seen(back, IMAGENET))[0].numpy()
    assert np.abs(back.now.logits - expected).max() < 1e-3


def test_closed_skips_are_no_hindrance_to_a_reading_without_any(
    driver: Driver, padded: Path
) -> None:
    opened(driver, padded)
    dialog = dialog_of(driver)
    pick(dialog.boxes["pad"], "zeros after")
    residual = applied(driver, dialog)
    driver.window.state.set_skips(residual.structure.skips, False)
    driver.next_result()
    pick(dialog.boxes["activation"], "tanh")
    assert not applied(driver, dialog).snapshot.gates.all_on
    pick(dialog.boxes["combine"], "plain")
    plain = applied(driver, dialog)
    assert not plain.structure.skips
    assert plain.snapshot.gates.all_on
    assert dialog.boxes["activation"].currentText() == "tanh"


def test_another_network_of_the_file_is_taken_in_the_dialogue(
    driver: Driver, tmp_path: Path
) -> None:
    states = {"teacher": random_state("resnet20", 1), "student": random_state("resnet20", 2)}
    torch.save(states, tmp_path / "two.pth")
    first = opened(driver, tmp_path / "two.pth")
    assert "of two networks in it" in said(driver)
    dialog = dialog_of(driver)
    other = next(name for name in states if name != dialog.networks.currentText())
    pick(dialog.networks, other)
    assert not dialog.boxes["pad"].isEnabled()
    second = applied(driver, dialog)
    assert second.now.logits.tolist() != first.now.logits.tolist()
    assert dialog.networks.currentText() == other
    assert f"{other} of two networks" in said(driver)
    assert dialog.boxes["pad"].isEnabled()


def test_a_file_of_an_earlier_session_is_read_for_the_dialogue(
    driver: Driver, padded: Path
) -> None:
    window = driver.show().window
    own = open_own(padded, choices=(("pad", "zeros before"),))
    window.state.set_network(own.network, own.weights)
    driver.next_result()
    window.actions_by_name["reading"].trigger()
    dialog = window.findChild(ReadingDialog)
    driver.qtbot.waitUntil(dialog.isVisible, timeout=60_000)
    assert dialog.boxes["pad"].currentText() == "zeros before"
    assert dialog.back.isEnabled()
    assert window.state.snapshot.weights == own.weights


def test_a_file_that_is_gone_is_said_in_the_dialogue(driver: Driver, padded: Path) -> None:
    opened(driver, padded)
    dialog = dialog_of(driver)
    before = driver.window.state.snapshot
    padded.unlink()
    pick(dialog.boxes["pad"], "zeros before")
    press(driver, dialog.apply)
    driver.qtbot.waitUntil(lambda: "mine.pth" in said(driver), timeout=60_000)
    assert dialog.status.text() == said(driver)
    assert driver.window.state.snapshot == before
    assert dialog.boxes["pad"].currentText() == "zeros before"
    assert dialog.apply.isEnabled()


def test_the_dialogue_fits_the_least_window_in_every_theme(driver: Driver, padded: Path) -> None:
    window = driver.window
    window.resize(960, 600)
    opened(driver, padded)
    for name in theme.THEMES:
        window.set_theme(name)
        window.actions_by_name["reading"].trigger()
        dialog = window.findChild(ReadingDialog)
        driver.qtbot.waitUntil(dialog.isVisible)
        assert fit.faults(dialog) == []
        assert dialog.width() <= 960
        assert dialog.height() <= 600
        boxes = [box for box in dialog.findChildren(QComboBox) if box.isVisible()]
        assert all(box.accessibleName() for box in boxes)
        dialog.activateWindow()
        boxes[0].setFocus()
        reached = set()
        for _ in range(len(boxes) + 4):
            reached.add(dialog.focusWidget())
            QTest.keyClick(dialog.focusWidget(), Qt.Key.Key_Tab)
        assert set(boxes) <= reached
        assert dialog.shut in reached
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        assert not dialog.isVisible()
