"""The loss surface against weights that are moved by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

from resnet_viz.analysis.loss_surface import Slice, filter_normalised_direction, finite, run
from resnet_viz.analysis.pictures import cifar10_pictures, photo_pictures
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.networks import catalog
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.cifar import CifarResNet
from resnet_viz.networks.family import CLASSES
from resnet_viz.results.loss_surface import SurfaceRequest, SurfaceResult
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import Cancelled, Progress, TaskError
from tests import fakes

PHOTO = fakes.photo()
SNAPSHOT = Snapshot("resnet20", PHOTO, device="cpu")
UNTRAINED = replace(SNAPSHOT, weights=WeightsChoice("untrained"))


def small(combine: str = "add") -> nn.Module:
    torch.manual_seed(3)
    network = CifarResNet(8, combine).eval()  # type: ignore[arg-type]
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.uniform_(-0.5, 0.5)
            module.running_var.uniform_(0.5, 2.0)
    return network


def batch(count: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(5)
    images = torch.randn(count, 3, 32, 32, generator=generator)
    return images, torch.randint(0, 10, (count,), generator=generator)


def measure(request: SurfaceRequest, session: Session | None = None) -> list[SurfaceResult]:
    context = TaskContext(session or Session(), list, lambda: False)
    return [update for update in run(request, context) if isinstance(update, SurfaceResult)]


def test_each_filter_of_a_direction_is_as_long_as_the_trained_one() -> None:
    network = small()
    direction = filter_normalised_direction(network, torch.Generator().manual_seed(0))
    moving = {name for name, p in network.named_parameters() if p.dim() > 1}
    assert set(direction) == moving  # no bias and nothing of batch norm
    for name, drawn in direction.items():
        weight = network.get_parameter(name).detach()
        assert drawn.shape == weight.shape
        for one, other in zip(drawn, weight, strict=True):
            assert float(one.norm()) == pytest.approx(float(other.norm()), rel=1e-5)
        cosine = functional.cosine_similarity(drawn.flatten(), weight.flatten(), dim=0)
        assert abs(float(cosine)) < 0.9


def test_twins_draw_the_same_numbers() -> None:
    pair = [
        filter_normalised_direction(small(combine), torch.Generator().manual_seed(1))
        for combine in ("add", "none")
    ]
    assert list(pair[0]) == list(pair[1])
    for name in pair[0]:
        one, other = (functional.normalize(d[name].flatten(1), dim=1) for d in pair)
        torch.testing.assert_close(one, other)


def test_a_point_is_the_loss_with_the_weights_moved_by_hand() -> None:
    network, (images, labels) = small(), batch()
    slice_ = Slice(network, images, labels, seed=4)
    found = slice_.loss(0.5, -0.25)
    by_hand = small()
    one, two = slice_.directions
    with torch.no_grad():
        for name in one:
            by_hand.get_parameter(name).add_(0.5 * one[name] - 0.25 * two[name])
        odds = torch.softmax(by_hand(images).double(), dim=1)
    wanted = -float(odds.gather(1, labels[:, None]).log().mean())
    assert found == pytest.approx(wanted, rel=1e-5)
    assert found != pytest.approx(slice_.loss(0.0, 0.0), rel=1e-3)
    assert found != pytest.approx(slice_.loss(-0.25, 0.5), rel=1e-3)


def test_the_middle_is_the_loss_itself_and_everything_is_put_back() -> None:
    network, (images, labels) = small(), batch()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    slice_ = Slice(network, images, labels, seed=4)
    with torch.no_grad():
        wanted = float(functional.cross_entropy(network(images), labels))
    assert slice_.loss(0.0, 0.0) == pytest.approx(wanted, rel=1e-6)
    slice_.loss(1.0, 1.0)
    slice_.restore()
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])


def test_what_overflows_is_infinite() -> None:
    assert finite(float("nan")) == float("inf")
    assert finite(2.5) == 2.5


def test_the_grid_is_filled_from_the_middle_outwards() -> None:
    request = SurfaceRequest(SNAPSHOT, side=5, reach=2.0)
    order = request.order()
    assert order[0] == (2, 2)
    assert len(set(order)) == 25
    rings = [max(abs(row - 2), abs(column - 2)) for row, column in order]
    assert rings == sorted(rings)
    np.testing.assert_array_equal(request.axis, [-2, -1, 0, 1, 2])


def test_a_run_gives_both_twins_on_the_same_points() -> None:
    session = Session()
    before = session.run(UNTRAINED).now
    found = measure(SurfaceRequest(UNTRAINED, side=3, pictures=4), session)
    assert [surface.on.network for surface in found[-1].surfaces] == ["ResNet-20", "Plain-20"]
    assert [surface.plain for surface in found[-1].surfaces] == [False, True]
    assert not found[-1].surfaces[1].on.weights.trained
    assert found[-1].complete
    assert not found[0].complete
    assert found[0].surfaces[0].measured == found[0].surfaces[1].measured == 1
    assert found[-1].alone == ""
    again = measure(SurfaceRequest(UNTRAINED, side=3, pictures=4))[-1]
    for one, other in zip(found[-1].surfaces, again.surfaces, strict=True):
        np.testing.assert_array_equal(one.loss, other.loss)
    elsewhere = measure(SurfaceRequest(UNTRAINED, side=3, pictures=4, seed=1))[-1]
    assert not np.allclose(elsewhere.surfaces[0].loss, again.surfaces[0].loss)
    # The explorer's network has not moved.
    np.testing.assert_array_equal(session.run(UNTRAINED).now.logits, before.logits)


def test_the_points_of_a_run_are_those_of_the_slice() -> None:
    request = SurfaceRequest(SNAPSHOT, side=3, reach=0.5, pictures=4, seed=2)
    result = measure(request)[-1]
    surface = next(s for s in result.surfaces if not s.plain)
    spec = catalog.find("resnet20")
    subject = Session().subject(SNAPSHOT)
    pictures = photo_pictures(PHOTO, None, 4, spec, 2).batch(spec)
    with torch.no_grad():
        labels = subject.network(pictures).argmax(1)
    slice_ = Slice(subject.network, pictures, labels, 2)
    assert surface.loss[1, 1] == pytest.approx(slice_.loss(0, 0), rel=1e-4)
    assert surface.loss[0, 2] == pytest.approx(slice_.loss(0.5, -0.5), rel=1e-4)
    assert surface.loss[1, 1] == surface.loss.min()
    assert surface.least == (1, 1)
    assert surface.accuracy == 1.0
    assert "ResNet-20" in result.labels


def test_cancelled_it_stops_and_what_was_measured_stays() -> None:
    stop = False
    context = TaskContext(Session(), list, lambda: stop)
    updates = run(SurfaceRequest(UNTRAINED, side=3, pictures=2), context)
    kept = next(update for update in updates if isinstance(update, SurfaceResult))
    stop = True
    with pytest.raises(Cancelled):
        list(updates)
    assert kept.surfaces[0].measured == 1
    assert int(np.isnan(kept.surfaces[0].loss).sum()) == 8


def test_progress_counts_points_and_estimates() -> None:
    context = TaskContext(Session(), list, lambda: False)
    updates = list(run(SurfaceRequest(UNTRAINED, side=3, pictures=1), context))
    said = [update for update in updates if isinstance(update, Progress) and update.total]
    assert said[0] == Progress("0 of 9 points", 0, 9)
    assert said[-1].text.startswith("8 of 9 points, about ")


def test_a_network_without_a_twin_stands_alone() -> None:
    alone = replace(UNTRAINED, network="resnet20-projection")
    result = measure(SurfaceRequest(alone, side=3, pictures=1))[-1]
    assert len(result.surfaces) == 1
    assert "has no twin" in result.alone


def labelled(folder: Path) -> Path:
    for number, name in enumerate(CLASSES):
        (folder / name).mkdir(parents=True)
        for index in range(2):
            pixels = np.full((32, 32, 3), 20 * number + index, np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{index}.png")
    return folder


def test_labelled_images_come_from_every_class(tmp_path: Path) -> None:
    data = labelled(tmp_path / "cifar10-test")
    pictures = cifar10_pictures(str(data), 10, catalog.find("resnet20"))
    assert pictures.labels is not None
    assert sorted(pictures.labels) == list(range(10))
    assert pictures.words == "10 CIFAR-10 images from cifar10-test"
    result = measure(SurfaceRequest(UNTRAINED, side=3, pictures=4, path=str(data)))[-1]
    assert result.labels == "the images' labels"
    with pytest.raises(TaskError, match="gives no labelled images"):
        cifar10_pictures(str(tmp_path / "nothing"), 10, catalog.find("resnet20"))
    with pytest.raises(TaskError, match="ImageNet's classes"):
        cifar10_pictures(str(data), 10, catalog.find("resnet18"))


def test_crops_begin_with_the_photo_and_are_the_same_each_time() -> None:
    spec = catalog.find("resnet20")
    one, two = (photo_pictures(PHOTO, None, 14, spec, 0) for _ in range(2))
    assert one.pixels.shape == (14, 32, 32, 3)
    assert one.labels is None
    np.testing.assert_array_equal(one.pixels, two.pixels)
    np.testing.assert_array_equal(one.pixels[0], Session().run(SNAPSHOT).network_input)
    assert len({picture.tobytes() for picture in one.pixels}) == 14


@pytest.mark.parametrize(
    ("change", "words"),
    [({"side": 10}, "no middle"), ({"reach": 0.0}, "reaches 0"), ({"pictures": 0}, "0 pictures")],
)
def test_a_request_must_make_sense(change: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        SurfaceRequest(SNAPSHOT, **change)  # type: ignore[arg-type]
