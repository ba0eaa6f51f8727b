"""Models downstream of a backbone against torchvision's own forward, autograd and captum."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from captum.attr import LayerGradCam
from torch import Tensor, nn
from torchvision.models import get_model, get_model_weights
from torchvision.models.detection.roi_heads import paste_masks_in_image
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.transforms._presets import SemanticSegmentation
from torchvision.transforms.functional import resize

from resnet_viz.analysis import memory
from resnet_viz.analysis.downstream import input_size, run
from resnet_viz.analysis.session import UNTRAINED_SEED, Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.images.photo import Photo
from resnet_viz.networks import downstream, weights
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.download import WeightsUnavailable
from resnet_viz.networks.downstream import DOWNSTREAM
from resnet_viz.results.downstream import (
    NOWHERE,
    Aim,
    Detection,
    DownstreamRequest,
    DownstreamResult,
    ExplainRequest,
    Explanation,
)
from resnet_viz.results.task import IDLE, Progress, TaskError
from tests import fakes
from tests.export.test_fetch import server  # noqa: F401
from tests.networks.test_weights import Server

Request = DownstreamRequest | ExplainRequest
SIDE = 64
UNTRAINED = WeightsChoice("untrained")


def asked(*requests: Request) -> list[Any]:
    """What one task answers to requests one after the other."""
    waiting, told = list(requests[1:]), list[object]()

    def take() -> list[object]:
        given = list(told)
        told.clear()
        return given

    found: list[Any] = []
    for update in run(requests[0], TaskContext(Session(), take, lambda: False)):
        if update is IDLE:
            if not waiting:
                break
            told.append(waiting.pop(0))
        elif not isinstance(update, Progress):
            found.append(update)
    return found


def photo() -> Photo:
    """96×64 pixels of smooth colours, so that no resizing is needed to compare."""
    random = torch.Generator().manual_seed(4)
    coarse = torch.rand(1, 3, 8, 12, generator=random)
    fine = nn.functional.interpolate(coarse, size=(64, 96), mode="bicubic").clamp(0, 1)
    pixels = (255 * fine[0]).permute(1, 2, 0).byte().numpy()
    return Photo("blobs", np.ascontiguousarray(pixels))


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, nn.Module]:
    """A Mask R-CNN for four classes and the background, drawn at random, sure of itself; as a file
    and as torchvision's module. No norm holds its numbers down."""
    torch.manual_seed(5)
    network = get_model(
        "maskrcnn_resnet50_fpn", weights=None, weights_backbone=None, num_classes=5,
        min_size=SIDE, max_size=107,
    ).eval().requires_grad_(False)  # fmt: skip
    network.roi_heads.box_predictor.bbox_pred.weight.mul_(0.05)
    network.rpn.head.bbox_pred.weight.mul_(0.05)
    path = tmp_path_factory.mktemp("detector") / "mine.pth"
    torch.save(network.state_dict(), path)
    return str(path), network


@pytest.fixture(scope="module")
def detected(detector: tuple[str, nn.Module]) -> DownstreamResult:
    choice = WeightsChoice("file", detector[0])
    (found,) = asked(DownstreamRequest(photo(), "", choice, side=SIDE, device="cpu"))
    assert isinstance(found, DownstreamResult)
    return found


def segmented(model: str, **options: Any) -> DownstreamRequest:
    return DownstreamRequest(photo(), model, UNTRAINED, side=SIDE, device="cpu", **options)


def network_of(model: str) -> Any:
    return downstream.untrained(DOWNSTREAM[model], UNTRAINED_SEED).network.requires_grad_(False)


def as_torchvision_sees(given: Photo, side: int) -> Tensor:
    pixels = torch.from_numpy(given.pixels).permute(2, 0, 1)
    return SemanticSegmentation(resize_size=side)(pixels)[None]


@pytest.mark.parametrize("model", ["fcn_resnet50", "deeplabv3_resnet50"])
def test_segmentation_is_torchvisions(model: str) -> None:
    (found,) = asked(segmented(model))
    assert isinstance(found, DownstreamResult)
    with torch.no_grad():
        logits = network_of(model)(as_torchvision_sees(photo(), SIDE))["out"][0]
    odds, classes = logits.softmax(0).max(0)
    given = found.segmentation
    assert given is not None
    assert found.size == (64, 96)
    np.testing.assert_array_equal(given.classes, classes.numpy())
    np.testing.assert_allclose(given.probability, odds.numpy(), rtol=1e-6)
    assert sum(given.shares().values()) == pytest.approx(1.0)
    least = float(np.median(given.probability))
    assert sum(given.shares(least).values()) == pytest.approx(0.5, abs=0.01)
    assert found.labels == tuple(get_model_weights(model).DEFAULT.meta["categories"])
    assert not found.weights.trained


def test_detection_is_torchvisions(
    detector: tuple[str, nn.Module], detected: DownstreamResult
) -> None:
    pixels = torch.from_numpy(photo().pixels).permute(2, 0, 1).float() / 255
    with torch.no_grad():
        (wanted,) = detector[1]([pixels])
    found = detected.detections
    assert len(found) > 3
    assert [one.label for one in found] == wanted["labels"].tolist()
    np.testing.assert_allclose([one.score for one in found], wanted["scores"], rtol=1e-5)
    boxes = np.array([one.box for one in found])
    np.testing.assert_allclose(boxes, wanted["boxes"], rtol=1e-4, atol=1e-3)
    assert (boxes >= 0).all()
    assert (boxes <= [96, 64, 96, 64]).all()
    masks = torch.from_numpy(np.array([one.mask for one in found]))[:, None]
    pasted = paste_masks_in_image(masks, wanted["boxes"], (64, 96))
    torch.testing.assert_close(pasted, wanted["masks"], rtol=1e-3, atol=1e-4)
    assert [found[0].label, detected.labels[found[0].label]] == [
        found[0].label, f"class {found[0].label}",
    ]  # fmt: skip


@pytest.mark.long
def test_boxes_are_in_the_pixels_of_a_larger_photo(
    detector: tuple[str, nn.Module], detected: DownstreamResult
) -> None:
    small = photo()
    pixels = torch.from_numpy(small.pixels).permute(2, 0, 1)
    large = resize(pixels, [192, 288], antialias=False).permute(1, 2, 0).numpy()
    request = replace(detected.request, photo=Photo("large", np.ascontiguousarray(large)))
    (found,) = asked(request)
    assert found.size == detected.size
    wide = np.array([one.box for one in found.detections])
    assert wide.max() > 96
    # The same things, three times as large.
    thrice = 3 * np.array([one.box for one in detected.detections])
    nearest = [np.abs(thrice - box).max(axis=1).min() for box in wide[:3]]
    assert max(nearest) < 10


def test_grad_cam_of_a_region_is_captums() -> None:
    request = segmented("deeplabv3_resnet50")
    (result,) = asked(request)
    region = np.zeros((64, 96), bool)
    region[10:40, 30:70] = True
    _, found = asked(request, ExplainRequest(request, Aim("a patch", 7, region=region)))
    assert isinstance(found, Explanation)

    class Sum(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network_of("deeplabv3_resnet50")

        def forward(self, image: Tensor) -> Tensor:
            logits = self.network(image)["out"]
            return (logits[:, 7] * torch.from_numpy(region)).sum()[None]

    whole = Sum()
    image = as_torchvision_sees(photo(), SIDE).requires_grad_()
    assert found.logit == pytest.approx(float(whole(image).detach()), rel=1e-4)
    assert [(one.title, one.stride) for one in found.maps] == [
        ("C2", 4), ("C3", 8), ("C4", 8), ("C5", 8),
    ]  # fmt: skip
    for number, one in enumerate(found.maps, start=1):
        layer = getattr(whole.network.backbone, f"layer{number}")
        wanted = LayerGradCam(whole, layer).attribute(image, relu_attributions=True)
        wanted = wanted.detach().numpy()[0, 0]
        assert one.covers == (1.0, 1.0)
        assert np.abs(one.values - wanted).max() <= 1e-4 * max(1e-30, wanted.max())
    assert result.spec.title == "DeepLabV3-ResNet-50"


def aim_at(one: Detection, label: int | None = None) -> Aim:
    return Aim("a thing", one.label if label is None else label, proposal=one.proposal)


@pytest.mark.long
def test_grad_cam_of_a_detection_is_that_of_its_logit(
    detector: tuple[str, nn.Module], detected: DownstreamResult
) -> None:
    network: Any = detector[1]
    one = detected.detections[1]
    requests = [ExplainRequest(detected.request, aim_at(one, label)) for label in range(5)]
    found: list[Explanation] = asked(*requests)
    logits = torch.tensor([each.logit for each in found])
    assert float(logits.softmax(0)[one.label]) == pytest.approx(one.score, rel=1e-3)

    # The whole model once more, with gradients from one of all logits that it computes.
    kept: dict[str, Any] = {}

    def keep(name: str) -> Any:
        def hook(_: nn.Module, __: object, out: Any) -> Any:
            if name == "layer1":
                out = out.detach().requires_grad_()
            kept[name] = out
            return out

        return hook

    def proposals(_: nn.Module, given: tuple[Any, ...]) -> None:
        kept["proposals"] = given[1][0]

    body = network.backbone.body
    handles = [body[name].register_forward_hook(keep(name)) for name in ("layer1", "layer2",
               "layer3", "layer4")]  # fmt: skip
    handles.append(network.roi_heads.box_predictor.register_forward_hook(keep("head")))
    handles.append(network.roi_heads.register_forward_pre_hook(proposals))
    pixels = torch.from_numpy(photo().pixels).permute(2, 0, 1).float() / 255
    network([pixels])
    for handle in handles:
        handle.remove()
    at = int((kept["proposals"] - torch.tensor(one.proposal)).abs().sum(1).argmin())
    layers = [kept[f"layer{number}"] for number in (1, 2, 3, 4)]
    gradients = torch.autograd.grad(kept["head"][0][at, one.label], layers)
    for stage, values, gradient in zip(found[one.label].maps, layers, gradients, strict=True):
        weights = gradient[0].mean((1, 2), keepdim=True)
        wanted = (weights * values.detach()[0]).sum(0).relu().numpy()
        np.testing.assert_allclose(stage.values, wanted, rtol=1e-3, atol=1e-5 * wanted.max())
        assert stage.covers == (1.0, 1.0)


def test_the_level_is_that_of_the_proposals_size(detected: DownstreamResult) -> None:
    for one in detected.detections:
        left, top, right, bottom = one.proposal
        side = ((right - left) * (bottom - top)) ** 0.5
        # Lin 2017 eq. 1: a box of 224×224 pixels is read from P4, one of half the side from P3.
        level = min(5, max(2, int(np.floor(4 + np.log2(side / 224) + 1e-6))))
        assert one.level == f"P{level}"


def test_skips_of_the_backbone_can_be_closed() -> None:
    request = segmented("fcn_resnet50")
    on, off, again = asked(request, replace(request, skips=False), request)
    np.testing.assert_array_equal(on.segmentation.probability, again.segmentation.probability)
    assert not np.allclose(on.segmentation.probability, off.segmentation.probability, atol=1e-3)
    # What is left is each block's branch alone.
    network = network_of("fcn_resnet50")
    for name, block in network.backbone.named_modules():
        if name.count(".") == 1 and name.startswith("layer"):
            relu, branch = block.relu, nn.Sequential(
                block.conv1, block.bn1, nn.ReLU(), block.conv2, block.bn2, nn.ReLU(),
                block.conv3, block.bn3,
            )  # fmt: skip
            block.forward = lambda x, branch=branch, relu=relu: relu(branch(x))
    with torch.no_grad():
        odds = network(as_torchvision_sees(photo(), SIDE))["out"][0].softmax(0).amax(0)
    np.testing.assert_allclose(off.segmentation.probability, odds.numpy(), rtol=1e-4)


def test_places_without_finite_logits_have_no_class(tmp_path: Path) -> None:
    network = network_of("fcn_resnet50")
    network.classifier[4].weight.fill_(3e38)
    torch.save(network.state_dict(), tmp_path / "wild.pth")
    choice = WeightsChoice("file", str(tmp_path / "wild.pth"))
    (found,) = asked(replace(segmented(""), weights=choice))
    assert found.segmentation.shares(0.5) == {NOWHERE: 1.0}
    assert found.name(NOWHERE) == "not finite"


@pytest.mark.parametrize("size", [(640, 480), (333, 500), (2000, 700), (8, 9)])
def test_the_input_has_the_size_that_torchvision_gives_it(size: tuple[int, int]) -> None:
    width, height = size
    given = fakes.photo(width, height)
    seen = resize(torch.zeros(3, height, width, dtype=torch.uint8), [520])
    if max(seen.shape) <= 1333:
        assert input_size(DOWNSTREAM["fcn_resnet50"], given) == tuple(seen.shape[1:])
    transform = GeneralizedRCNNTransform(800, 1333, [0.5] * 3, [0.5] * 3).eval()
    images, _ = transform([torch.zeros(3, height, width)])
    assert input_size(DOWNSTREAM["fasterrcnn_resnet50_fpn"], given) == images.image_sizes[0]


def test_what_cannot_be_run_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = replace(segmented("fcn_resnet50"), photo=fakes.photo(3000, 20), side=0)
    with pytest.raises(TaskError) as caught:
        asked(narrow)
    assert str(caught.value) == (
        "“gradient” is 3000×20 pixels, too narrow for FCN-ResNet-50; choose a photo that is nearer "
        "to a square"
    )
    monkeypatch.setattr(memory, "free", lambda _: 5 * 2**20)
    with pytest.raises(TaskError, match=r"needs about 348 MiB of memory for 780×520 pixels and "
                       r"5 MiB are free; choose a smaller size"):  # fmt: skip
        asked(replace(segmented("fcn_resnet50"), side=0))


def test_weights_that_cannot_be_fetched_are_said_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv(weights.MIRROR_VARIABLE, f"http://127.0.0.1:{port}")
    with pytest.raises(WeightsUnavailable) as caught:
        asked(replace(segmented("maskrcnn_resnet50_fpn"), weights=WeightsChoice()))
    assert str(caught.value) == (
        "maskrcnn_resnet50_fpn_coco-bf2d0c1e.pth could not be downloaded from "
        f"127.0.0.1:{port}: the connection was refused; try again, or fetch its 170 MB beforehand "
        "with “resnet-viz fetch maskrcnn_resnet50_fpn”, open a file of your own, or take it "
        "untrained"
    )
    assert not list(tmp_path.rglob("*.p*"))


@pytest.mark.long
def test_torchvisions_weights_are_fetched_checked_and_kept(
    server: Server,  # noqa: F811
    tmp_path: Path,
) -> None:
    network = network_of("fcn_resnet50")
    file = tmp_path / "made-up.pth"
    torch.save(network.half().state_dict(), file)
    server.body = file.read_bytes()
    request = replace(segmented("fcn_resnet50"), weights=WeightsChoice())
    server.mode = "stall"
    steps: Iterator[object] = run(request, TaskContext(Session(), list, lambda: False))
    for update in steps:
        assert isinstance(update, Progress)
        if update.text == "Downloading FCN-ResNet-50’s weights (135 MB)" and update.done:
            break
    steps.close()  # type: ignore[attr-defined]
    home = tmp_path / "torch"
    assert not list(home.rglob("*.partial")), "a cancel leaves nothing half"
    server.mode = "whole"
    (found,) = asked(request)
    assert found.weights.title == "COCO_WITH_VOC_LABELS_V1 (torchvision), mean IoU 60.5 %"
    assert found.labels[15] == "person"
    assert [path.name for path in home.rglob("*.pth")] == ["fcn_resnet50_coco-1167a1af.pth"]
    count = len(server.paths)
    asked(request)
    assert len(server.paths) == count


def test_it_stops_between_two_parts_and_leaves_nothing_behind(
    detected: DownstreamResult,
) -> None:
    explain = ExplainRequest(detected.request, aim_at(detected.detections[0]))
    steps: Iterator[object] = run(explain, TaskContext(Session(), list, lambda: False))
    said = []
    for update in steps:
        assert isinstance(update, Progress)
        assert torch.is_grad_enabled()
        said.append(update.text)
        if update.text.startswith("C4"):
            break
    steps.close()  # type: ignore[attr-defined]
    assert said == [
        "Preparing the model", *(f"C{n} of Mask R-CNN, 96×64 pixels" for n in (1, 2, 3, 4)),
    ]  # fmt: skip
    assert torch.is_grad_enabled()


def test_the_model_is_kept_for_the_next_request() -> None:
    request = segmented("fcn_resnet50")
    told: list[object] = [replace(request, photo=fakes.photo(90, 60))]

    def take() -> list[object]:
        given = list(told)
        told.clear()
        return given

    said = []
    for update in run(request, TaskContext(Session(), take, lambda: False)):
        if update is IDLE:
            break
        if isinstance(update, Progress):
            said.append(update)
    assert [one.text for one in said].count("Preparing the model") == 1
    assert all(0 <= one.done < one.total for one in said[1:])
    assert [one.text.partition(" of ")[0] for one in said[1:7]] == [
        "C1", "C2", "C3", "C4", "C5", "FCN head",
    ]  # fmt: skip


def test_what_it_is_told_meanwhile_takes_the_place_of_what_it_does() -> None:
    first, then = segmented("fcn_resnet50"), [segmented("fcn_resnet50", skips=False)]
    told: list[object] = []

    def take() -> list[object]:
        given = list(told)
        told.clear()
        return given

    found = []
    for update in run(first, TaskContext(Session(), take, lambda: False)):
        if update is IDLE:
            break
        if isinstance(update, Progress):
            if update.text.startswith("C3"):
                told += then
                then.clear()
        else:
            found.append(update.request)  # type: ignore[attr-defined]
    assert [one.skips for one in found] == [False]


def test_a_patch_is_what_hangs_together() -> None:
    (found,) = asked(segmented("fcn_resnet50"))
    classes = np.zeros((4, 6), np.int16)
    classes[:2, :2] = classes[3, 5] = 3
    given = replace(found.segmentation, classes=classes, probability=np.ones((4, 6), np.float32))
    patch = given.patch(0, 1)
    assert patch.sum() == 4
    assert patch[:2, :2].all()
    assert given.shares() == {0: pytest.approx(19 / 24), 3: pytest.approx(5 / 24)}
    given.probability[:, 1] = 0.4
    assert given.patch(0, 0, 0.5).sum() == 2, "what is less sure is in no patch"
    assert given.all_of(3, 0.5).sum() == 3
