"""The part for detection and segmentation of the backbone page with real clicks."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from torchvision.models import get_model

from resnet_viz.engine.state import ExplorerState
from resnet_viz.export.figure import write_figure
from resnet_viz.figures.downstream import UNTRAINED
from resnet_viz.figures.figure import Map
from resnet_viz.networks import weights
from resnet_viz.networks.choice import WeightsChoice, WeightsInfo
from resnet_viz.results.downstream import (
    Detection,
    DownstreamRequest,
    DownstreamResult,
    ExplainRequest,
    Explanation,
    Segmentation,
    StageMap,
)
from resnet_viz.results.offline import needs_of
from resnet_viz.views.backbone.downstream import OTHER_PHOTO, STALE, WAITING, DownstreamPart
from resnet_viz.views.backbone.page import BackbonePage
from tests import fakes
from tests.gui.fit import faults
from tests.gui.test_markup import EVIL
from tests.gui.test_markup import faults as markup_faults

LEFT = Qt.MouseButton.LeftButton
LABELS = ("__background__", "person", "bicycle", "car")


@pytest.fixture
def part(backbone: BackbonePage) -> DownstreamPart:
    made = backbone.panel("tasks")
    assert isinstance(made, DownstreamPart)
    made.setProperty("page", backbone)
    QApplication.processEvents()
    return made


def small(part: DownstreamPart, model: str = "fcn_resnet50") -> None:
    """Choose what can be run in a moment."""
    part.model.setCurrentIndex(part.model.findData(model))
    part.weights.setCurrentIndex(part.weights.findText("untrained"))
    part.sides.setCurrentIndex(2)


def detections(state: ExplorerState, trained: bool = True) -> DownstreamResult:
    """A person, a bicycle on it and an unsure car, on a photo of 320×240 pixels."""
    mask = np.ones((28, 28), np.float32)
    request = DownstreamRequest(state.snapshot.photo, "maskrcnn_resnet50_fpn", device="cpu")
    given = (
        Detection(1, 0.9, (20.0, 10.0, 200.0, 230.0), (60.0, 30.0, 600.0, 700.0), "P4", mask),
        Detection(2, 0.7, (100.0, 120.0, 180.0, 200.0), (300.0, 360.0, 540.0, 600.0), "P4", mask),
        Detection(3, 0.2, (220.0, 20.0, 310.0, 80.0), (660.0, 60.0, 930.0, 240.0), "P3", mask),
    )
    return DownstreamResult(
        request, "maskrcnn_resnet50_fpn", LABELS, WeightsInfo("mine", trained), (800, 1066), 5.0,
        None, given,
    )  # fmt: skip


def segmentation(state: ExplorerState) -> DownstreamResult:
    """A person in the left third, less sure towards the right; background elsewhere."""
    classes = np.zeros((60, 90), np.int16)
    classes[:, :30] = 1
    probability = np.tile(np.linspace(1, 0.5, 90, dtype=np.float32), (60, 1))
    request = DownstreamRequest(state.snapshot.photo, "fcn_resnet50", device="cpu")
    return DownstreamResult(
        request, "fcn_resnet50", LABELS, WeightsInfo("mine", True), (60, 90), 5.0,
        Segmentation(classes, probability),
    )  # fmt: skip


def explained(part: DownstreamPart) -> Explanation:
    """Maps of what is asked for."""
    assert part.result is not None
    assert part.aim is not None
    maps = tuple(
        StageMap(f"C{n}", 2**n, np.full((4, 6), float(n), np.float32), (1.0, 1.0))
        for n in (2, 3, 4, 5)
    )
    request = ExplainRequest(part.result.request, part.aim)
    return Explanation(request, part.result.model, 7.5, maps)


@pytest.fixture
def sent(part: DownstreamPart, monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the part has asked for, none of which is done."""
    asked: list[object] = []
    monkeypatch.setattr(part.channel, "start", asked.append)
    monkeypatch.setattr(part.channel, "tell", asked.append)
    return asked


def take(part: DownstreamPart, update: object) -> None:
    part.channel.updated.emit(update)
    QApplication.processEvents()


def click(qtbot: QtBot, part: DownstreamPart, x: float, y: float) -> None:
    """On the photo, in shares of its sides."""
    rect = part.photo.image_rect()
    at = QPoint(round(rect.x() + x * rect.width()), round(rect.y() + y * rect.height()))
    qtbot.mouseClick(part.photo, LEFT, pos=at)


def click_stage(qtbot: QtBot, part: DownstreamPart, stage: str) -> None:
    (found,) = [one for one in part.diagram.items() if one.stage == stage]
    qtbot.mouseClick(part.diagram, LEFT, pos=found.rect.center().toPoint())


def listed(part: DownstreamPart) -> list[str]:
    return [part.list.item(row).text() for row in range(part.list.count())]


def stages(part: DownstreamPart) -> list[str]:
    return [cell.stage for cell in part.cells if cell.isVisible()]


@pytest.mark.long
def test_an_untrained_model_is_run_and_a_region_of_its_answer_explained(
    qtbot: QtBot, part: DownstreamPart, tmp_path: Path, said: list[str]
) -> None:
    assert part.caption.text() == WAITING
    assert not part.figures()
    assert part.table() is None
    small(part)
    assert not part.settled
    part.property("page").begin()  # as a lecture does that asks about it
    qtbot.waitUntil(lambda: part.settled, timeout=90_000)
    assert UNTRAINED in part.warning.text()
    assert "untrained" in part.caption.text()
    assert "resized to 173×130 pixels" in part.caption.text()
    assert listed(part)
    assert stages(part) == []
    click(qtbot, part, 0.5, 0.5)
    assert part.aim is not None
    assert "is to come" in part.asked.text()
    qtbot.waitUntil(lambda: part.explanation is not None, timeout=90_000)
    assert stages(part) == ["C2", "C3", "C4", "C5"]
    assert part.cells[0].heading.text() == "C2, stride 4"
    assert part.asked.text().startswith("Grad-CAM of the patch of “")
    (figure,) = part.figures()
    assert [type(panel) for panel in figure.panels] == [Map] * 5
    assert UNTRAINED in figure.caption
    write_figure(figure, tmp_path / "answer.png", dpi=50)
    assert (tmp_path / "answer.png").stat().st_size > 1000
    assert not "".join(said)


def test_the_threshold_asks_the_model_nothing(
    part: DownstreamPart, state: ExplorerState, sent: list[object]
) -> None:
    take(part, detections(state))
    assert part.threshold.value() == 50
    assert listed(part) == ["person 90.0 %", "bicycle 70.0 %"]
    assert "2 with a score of at least 50 %: person 90.0 %, bicycle 70.0 %." in part.caption.text()
    part.threshold.setValue(10)
    assert listed(part)[-1] == "car 20.0 %"
    part.threshold.setValue(95)
    assert listed(part) == []
    assert "the surest is “person” with 90.0 %" in part.caption.text()
    table = part.table()
    assert table is not None
    assert table.rows == ()
    # Segmentation has a threshold of its own.
    take(part, segmentation(state))
    assert part.threshold.value() == 0
    assert listed(part) == ["background 66.7 %", "person 33.3 %"]
    part.threshold.setValue(75)
    assert listed(part) == ["person 33.3 %", "background 16.7 %"]
    take(part, detections(state))
    assert part.threshold.value() == 95
    assert sent == []


def test_a_click_chooses_the_smallest_box_that_is_shown(
    qtbot: QtBot, part: DownstreamPart, state: ExplorerState, sent: list[object], said: list[str]
) -> None:
    take(part, detections(state))
    click(qtbot, part, 140 / 320, 160 / 240)
    assert isinstance(sent[-1], ExplainRequest)
    assert sent[-1].aim.proposal == (300.0, 360.0, 540.0, 600.0)
    assert sent[-1].aim.label == 2
    click(qtbot, part, 30 / 320, 20 / 240)
    assert sent[-1].aim.label == 1  # type: ignore[attr-defined]
    click(qtbot, part, 40 / 320, 30 / 240)
    assert len(sent) == 2, "the same again is not asked for twice"
    click(qtbot, part, 250 / 320, 40 / 240)
    assert said[-1] == "There is no box there; click inside one, or lower the threshold"
    part.threshold.setValue(10)
    click(qtbot, part, 250 / 320, 40 / 240)
    assert sent[-1].aim.words == "“car”, 20.0 %, read from P3"  # type: ignore[attr-defined]


def test_the_list_chooses_all_of_a_class(
    qtbot: QtBot, part: DownstreamPart, state: ExplorerState, sent: list[object]
) -> None:
    take(part, segmentation(state))
    item = part.list.item(1)
    rect = part.list.visualItemRect(item)
    qtbot.mouseClick(part.list.viewport(), LEFT, pos=rect.center())
    (asked,) = sent
    assert isinstance(asked, ExplainRequest)
    assert asked.aim.label == 1
    assert asked.aim.region is not None
    assert asked.aim.region.sum() == 60 * 30


def test_what_is_hidden_by_the_threshold_cannot_be_chosen(
    qtbot: QtBot, part: DownstreamPart, state: ExplorerState, sent: list[object], said: list[str]
) -> None:
    take(part, segmentation(state))
    part.threshold.setValue(75)
    click(qtbot, part, 0.9, 0.5)
    assert said[-1] == "The model is less sure there than the threshold; lower it first"
    assert sent == []
    click(qtbot, part, 0.4, 0.5)
    (asked,) = sent
    assert isinstance(asked, ExplainRequest)
    assert asked.aim.region is not None
    assert asked.aim.region.any(axis=0).nonzero()[0].tolist() == list(range(30, 45))


def test_a_stage_is_chosen_in_the_diagram(
    qtbot: QtBot, part: DownstreamPart, state: ExplorerState, sent: list[object]
) -> None:
    take(part, detections(state))
    click(qtbot, part, 0.2, 0.2)
    take(part, explained(part))
    assert stages(part) == ["C2", "C3", "C4", "C5"]
    click_stage(qtbot, part, "C4")
    assert stages(part) == ["C4"]
    assert len(part.figures()[0].panels) == 2
    assert part.diagram.accessibleName().endswith("C4 is chosen")
    qtbot.keyClick(part.diagram, Qt.Key.Key_Right)
    assert stages(part) == ["C5"]
    qtbot.keyClick(part.diagram, Qt.Key.Key_Right)
    assert stages(part) == ["C2", "C3", "C4", "C5"]
    click_stage(qtbot, part, "C2")
    click_stage(qtbot, part, "C2")
    assert len(stages(part)) == 4
    assert len(sent) == 1


def test_the_diagram_says_what_the_model_is(part: DownstreamPart, state: ExplorerState) -> None:
    take(part, segmentation(state))
    titles = [one.lines[0] for one in part.diagram.items()]
    assert titles == ["Photo", "C1", "C2", "C3", "C4", "C5", "FCN head"]
    assert part.diagram.items()[5].lines == ("C5", "2048, stride 8")
    assert "C5 with stride 8 and dilation 4" in part.diagram.accessibleName()
    lit = [one.lines[0] for one in part.diagram.items() if one.colour]
    assert lit == ["C1", "C2", "C3", "C4", "C5"]
    take(part, detections(state))
    titles = [one.lines[0] for one in part.diagram.items()]
    assert titles[6:] == ["P2", "P3", "P4", "P5", "RPN", "Box head", "Mask head"]
    assert part.diagram.items()[5].lines == ("C5", "2048, stride 32")


def test_it_can_be_cancelled_and_keeps_what_is_on_screen(
    qtbot: QtBot, part: DownstreamPart, state: ExplorerState
) -> None:
    before = detections(state)
    take(part, before)
    small(part, "deeplabv3_resnet50")
    part.sides.setCurrentIndex(0)
    qtbot.mouseClick(part.start, LEFT)
    qtbot.waitUntil(lambda: part.progress.text.text().startswith("C"), timeout=90_000)
    qtbot.mouseClick(part.progress.cancel, LEFT)
    assert not part.channel.running
    assert not part.progress.isVisible()
    assert part.result is before


def test_weights_that_cannot_be_fetched_are_said(
    qtbot: QtBot,
    part: DownstreamPart,
    state: ExplorerState,
    said: list[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    before = segmentation(state)
    take(part, before)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv(weights.MIRROR_VARIABLE, f"http://127.0.0.1:{port}")
    part.model.setCurrentIndex(1)
    assert part.weights.currentText() == "torchvision’s ↓ 161 MB"
    part.begin()
    assert not part.channel.running, "nobody asked for a download"
    qtbot.mouseClick(part.start, LEFT)
    qtbot.waitUntil(lambda: bool(said), timeout=90_000)
    assert said[-1].startswith("deeplabv3_resnet50_coco-cd0a2569.pth could not be downloaded")
    assert "fetch its 161 MB beforehand with “resnet-viz fetch deeplabv3_resnet50”" in said[-1]
    assert part.result is before


def test_a_file_says_which_model_it_is_of(
    qtbot: QtBot, part: DownstreamPart, tmp_path: Path, said: list[str]
) -> None:
    wrong = tmp_path / "wrong.pth"
    torch.save({"layer.weight": torch.ones(3, 3)}, wrong)
    part.open_file(str(wrong))
    qtbot.waitUntil(lambda: bool(said) and "wrong.pth" in said[-1], timeout=90_000)
    assert "open weights of one of these" in said[-1]
    assert part.result is None
    torch.manual_seed(0)
    network = get_model(
        "deeplabv3_resnet50", weights=None, weights_backbone=None, num_classes=3, aux_loss=True
    )
    torch.save(network.half().state_dict(), tmp_path / "mine.pth")
    part.sides.setCurrentIndex(2)
    part.open_file(str(tmp_path / "mine.pth"))
    qtbot.waitUntil(lambda: part.settled, timeout=90_000)
    assert part.model.currentText() == "DeepLabV3-ResNet-50"
    assert part.weights.currentText() == "mine.pth"
    assert all(text.startswith(("background", "class ")) for text in listed(part))
    assert "mine.pth" in part.caption.text()
    kept = json.loads(json.dumps(part.choices()))
    assert kept["file"] == {"file": str(tmp_path / "mine.pth")}
    # Another model is not of this file.
    part.model.setCurrentIndex(0)
    assert part.weights.currentData() == "default"
    part.restore(kept)
    assert part.settled
    assert part.choices() == kept


def test_what_is_out_of_date_is_said(part: DownstreamPart, state: ExplorerState) -> None:
    take(part, detections(state))
    part.model.setCurrentIndex(part.model.findData("maskrcnn_resnet50_fpn"))
    assert part.settled
    assert part.warning.text() == ""
    part.skips.setChecked(False)
    assert part.warning.text() == STALE
    assert not part.settled
    state.set_photo(fakes.photo(200, 100))
    assert part.warning.text() == OTHER_PHOTO
    late = explained_of(detections(state), part)
    take(part, late)
    assert part.explanation is None, "maps of an answer that is not on screen are passed over"


def explained_of(other: DownstreamResult, part: DownstreamPart) -> Explanation:
    part.point_to(0.2, 0.2)
    given = explained(part)
    return replace(given, request=replace(given.request, of=other.request))


def test_choices_are_kept_and_odd_ones_are_passed_over(
    part: DownstreamPart, tmp_path: Path
) -> None:
    small(part, "fasterrcnn_resnet50_fpn")
    part.skips.setChecked(False)
    part.opacity.setValue(30)
    part.diagram.choose("C3")
    kept = json.loads(json.dumps(part.choices()))
    part.model.setCurrentIndex(0)
    part.skips.setChecked(True)
    part.opacity.setValue(80)
    part.diagram.choose("")
    part.restore(kept)
    assert part.choices() == kept
    assert part.weights.currentText() == "untrained"
    for odd in (
        {"model": 3, "size": "large", "threshold": [1], "stage": 4, "skips": "no"},
        {"model": "resnet50", "size": 77, "threshold": {"detection": 400}, "opacity": None},
        {},
    ):
        part.restore(odd)
        assert part.choices() == kept
    # A session with an untrained model needs nothing; one with torchvision's weights does.
    session = tmp_path / "s.json"
    session.write_text(json.dumps({"parts": {"tasks": kept}}))
    assert needs_of(session).names == ()
    part.weights.setCurrentIndex(0)
    session.write_text(json.dumps({"parts": {"tasks": part.choices()}}))
    assert needs_of(session).names == ("fasterrcnn_resnet50_fpn",)


def test_names_are_shown_as_they_are(
    qtbot: QtBot, part: DownstreamPart, state: ExplorerState, sent: list[object]
) -> None:
    state.set_photo(replace(fakes.photo(), name=EVIL))
    take(part, replace(detections(state), labels=("background", EVIL, EVIL, EVIL)))
    click(qtbot, part, 0.2, 0.2)
    take(part, explained(part))
    assert EVIL in part.caption.text()
    assert EVIL in part.asked.text()
    assert not markup_faults()


def test_everything_has_its_place(
    qtbot: QtBot, part: DownstreamPart, state: ExplorerState, sent: list[object]
) -> None:
    for given in (detections(state, trained=False), segmentation(state)):
        take(part, given)
        click(qtbot, part, 0.2, 0.2)
        take(part, explained(part))
        assert faults(part.property("page")) == []


def test_requests_name_what_is_chosen(part: DownstreamPart, state: ExplorerState) -> None:
    small(part)
    part.skips.setChecked(False)
    photo = state.snapshot.photo
    wanted = DownstreamRequest(
        photo, "fcn_resnet50", WeightsChoice("untrained"), skips=False, side=130, device="cpu"
    )
    assert part.request() == wanted
