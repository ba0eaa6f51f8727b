"""Is a map to be trusted? Against answers that are known, captum, and dense linear algebra."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.metrics import infidelity, sensitivity_max
from torch import Tensor, nn

from resnet_viz.analysis import trust, trust_curves, trust_yeh
from resnet_viz.analysis.attribution import gradient
from resnet_viz.analysis.attribution.scene import Scene
from resnet_viz.analysis.session import Session, drawn
from resnet_viz.analysis.task import TaskContext
from resnet_viz.analysis.trust_random import (
    chosen_parts,
    forget,
    parts_from_the_top,
    rank_correlation,
)
from resnet_viz.images import gallery
from resnet_viz.networks import catalog
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.results.attribution_methods import METHODS
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import Cancelled, Progress, TaskError
from resnet_viz.results.trust import TrustRequest, TrustResult, TrustScore, score
from resnet_viz.results.trust_measures import MEASURES, RANDOM
from tests import fakes

PHOTO = gallery.load_sample(gallery.DEFAULT_SAMPLE)
SNAPSHOT = Snapshot("resnet20", PHOTO, device="cpu")


class Counting(nn.Module):
    """The probability of class 0 is the share of the first ``count`` pixels that are 1."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False))
        self.features[0].weight.data[:] = 1.0
        self.count = count

    def forward(self, x: Tensor) -> Tensor:
        share = self.features(x).flatten(1)[:, : self.count].mean(dim=1)
        share = share.clamp(1e-7, 1 - 1e-7)
        return torch.stack([share.log(), (1 - share).log()], dim=1)


def finished(steps: object) -> object:
    while True:
        try:
            next(steps)  # type: ignore[call-overload]
        except StopIteration as stop:
            return stop.value


def counting(count: int = 24) -> tuple[Scene, Tensor]:
    """A picture of ones, and the map that knows which pixels count, the first most."""
    scene = Scene(Counting(count), torch.ones(1, 1, 8, 12), 0)
    ramp = torch.arange(96, 0, -1, dtype=torch.float32).view(8, 12)
    return scene, ramp


def order(values: Tensor, scene: Scene) -> Tensor:
    size = scene.image.shape[-2:]
    return trust_curves.pixel_order(values, size, torch.Generator().manual_seed(0))


def test_deletion_and_insertion_where_the_answer_is_known() -> None:
    """96 pixels go in 24 steps of 4; 24 of them count, and the map names them first or last."""
    scene, ramp = counting()
    best = finished(trust_curves.deletion(scene, order(ramp, scene)))
    wanted = [max(0.0, 1 - step / 6) for step in range(25)]
    np.testing.assert_allclose(best, wanted, atol=1e-5)
    assert score(trust_curves.SHARES, tuple(best)) == pytest.approx(1 / 8, abs=1e-5)
    worst = finished(trust_curves.deletion(scene, order(-ramp, scene)))
    np.testing.assert_allclose(worst, [min(1.0, (24 - step) / 6) for step in range(25)], atol=1e-5)
    assert score(trust_curves.SHARES, tuple(worst)) == pytest.approx(7 / 8, abs=1e-5)
    # A blur of a picture of ones is a picture of ones: nothing can be put back.
    np.testing.assert_allclose(
        finished(trust_curves.insertion(scene, order(ramp, scene))), 1.0, atol=1e-6
    )
    scene.image = torch.zeros(1, 1, 8, 12)
    scene.image[..., :2, :] = 1.0  # the 24 that count
    came = finished(trust_curves.insertion(scene, order(ramp, scene)))
    blurred = trust_curves.blurred(scene.image).flatten()
    for step in (0, 1, 3, 6, 24):
        mixed = blurred.clone()
        mixed[: 4 * step] = scene.image.flatten()[: 4 * step]
        assert came[step] == pytest.approx(float(mixed[:24].mean()), abs=1e-5)
    assert came[0] < 0.9 < came[6]


def test_equal_values_go_in_random_order_and_a_small_map_is_enlarged() -> None:
    scene, _ = counting()
    flat = order(torch.zeros(2, 3), scene)
    assert sorted(flat.tolist()) == list(range(96))
    assert flat.tolist() != list(range(96))
    small = torch.zeros(2, 3)
    small[0, 0] = 1
    first = order(small, scene)[:12]
    assert {int(n) // 12 for n in first} <= {0, 1, 2, 3}
    assert {int(n) % 12 for n in first} <= {0, 1, 2, 3}


@pytest.mark.parametrize("seed", [0, 1])
def test_road_guesses_what_a_dense_solution_gives(seed: int) -> None:
    random = np.random.default_rng(seed)
    image = random.standard_normal((2, 6, 7))
    mask = random.random((6, 7)) < 0.6
    mask[2:5, 2:5] = True  # a hole with unknown pixels all around
    unknown = [(int(r), int(c)) for r, c in np.argwhere(mask)]
    left, right = np.zeros((len(unknown),) * 2), np.zeros((len(unknown), 2))
    for number, (row, column) in enumerate(unknown):
        for down in (-1, 0, 1):
            for across in (-1, 0, 1):
                r, c = row + down, column + across
                if (down, across) == (0, 0) or not (0 <= r < 6 and 0 <= c < 7):
                    continue
                weight = 1 / 12 if down and across else 1 / 6
                left[number, number] += weight
                if mask[r, c]:
                    left[number, unknown.index((r, c))] -= weight
                else:
                    right[number] += weight * image[:, r, c]
    wanted = image.copy()
    for (row, column), values in zip(unknown, np.linalg.solve(left, right), strict=True):
        wanted[:, row, column] = values
    found = trust_curves.imputed(torch.from_numpy(image)[None], torch.from_numpy(mask))
    np.testing.assert_allclose(found[0].numpy(), wanted, atol=1e-4)


def test_road_removes_in_order_and_guesses_a_smooth_picture_back() -> None:
    scene, ramp = counting()
    curve = finished(trust_curves.road(scene, order(ramp, scene), torch.Generator().manual_seed(0)))
    assert len(curve) == len(trust_curves.ROAD_SHARES) == 10
    # A picture of ones is guessed back, but for the noise.
    np.testing.assert_allclose(curve, 1.0, atol=0.05)


def shipped() -> Scene:
    subject = Session().subject(SNAPSHOT)
    scene = Scene(subject.network, subject.image, 3)
    scene.keep = subject  # type: ignore[attr-defined]  # the gates
    return scene


def test_infidelity_is_captums() -> None:
    scene = shipped()
    values = finished(gradient.attribute(scene))
    assert isinstance(values, Tensor)
    ours = finished(trust_yeh.infidelity(scene, values, torch.Generator().manual_seed(7)))
    masks = trust_yeh.squares(32, torch.Generator().manual_seed(7)).expand(-1, 3, -1, -1)

    def hide(inputs: Tensor) -> tuple[Tensor, Tensor]:
        return masks, inputs * (1 - masks)

    reference = infidelity(
        scene.score,
        hide,
        scene.image,
        (values / 3).expand(1, 3, -1, -1),
        n_perturb_samples=trust_yeh.SQUARES,
        max_examples_per_batch=trust_yeh.SQUARES,
        normalize=True,
    )
    lost = scene.scores(scene.image) - scene.scores(scene.image * (1 - masks))
    assert ours == pytest.approx(float(reference / (lost**2).mean()), rel=1e-3)
    assert 0 < ours < 1  # type: ignore[operator]


def test_infidelity_of_a_map_that_foretells_everything_is_0() -> None:
    class Sum(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.features = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False))
            self.features[0].weight.data[:] = 1.0

        def forward(self, x: Tensor) -> Tensor:
            return self.features(x).flatten(1).sum(dim=1, keepdim=True).repeat(1, 2)

    picture = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(0))
    scene = Scene(Sum(), picture, 0)
    made = torch.Generator().manual_seed(1)
    assert finished(trust_yeh.infidelity(scene, 5 * picture[0, 0], made)) == pytest.approx(0)
    other = torch.zeros(16, 16)
    other[0, 0] = 1
    assert finished(trust_yeh.infidelity(scene, other, made)) > 0.5  # type: ignore[operator]


def test_sensitivity_is_captums() -> None:
    scene = shipped()
    values = finished(gradient.attribute(scene))
    assert isinstance(values, Tensor)
    ours = finished(
        trust_yeh.sensitivity(scene, values, gradient.attribute, torch.Generator().manual_seed(3))
    )
    made = torch.Generator().manual_seed(3)
    image = scene.image

    def explain(inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        maps = []
        for one in inputs[0].split(1):
            scene.image = one
            maps.append(finished(gradient.attribute(scene)))
        scene.image = image
        return (torch.stack(maps),)  # type: ignore[arg-type]

    def move(inputs: object, radius: float) -> tuple[Tensor]:
        noise = [2 * torch.rand(image.shape, generator=made) - 1 for _ in range(trust_yeh.DRAWS)]
        return (image + radius * torch.cat(noise),)

    reference = sensitivity_max(
        explain,
        image,
        perturb_func=move,
        perturb_radius=trust_yeh.RADIUS,
        n_perturb_samples=trust_yeh.DRAWS,
        max_examples_per_batch=trust_yeh.DRAWS,
    )
    assert ours == pytest.approx(float(reference), rel=1e-3)
    assert scene.image is image


def test_rank_correlation_is_spearmans() -> None:
    from scipy.stats import spearmanr

    random = np.random.default_rng(0)
    one, other = random.integers(-5, 6, (2, 9, 9)).astype(float)
    wanted = spearmanr(np.abs(one).ravel(), np.abs(other).ravel()).statistic
    assert rank_correlation(one, other) == pytest.approx(wanted)
    assert rank_correlation(one, -2 * one) == pytest.approx(1)
    assert np.isnan(rank_correlation(one, np.zeros((9, 9))))


@pytest.mark.parametrize(
    "name", ["resnet20", "resnet18", "resnet50", "preact-resnet20", "plain20", "vgg16", "googlenet"]
)
def test_every_weight_becomes_random_from_the_head_down(name: str) -> None:
    network = catalog.find(name).build()
    parts = parts_from_the_top(network)
    names = [module for modules in parts.values() for module in modules]
    assert sorted(names) == sorted(
        name
        for name, module in network.named_modules()
        if not list(module.children()) and module.state_dict()
    )
    first, *_, last = parts
    assert first == "head"
    assert last == "stem"
    assert names.index("conv1" if "resnet" in name or "plain" in name else names[-1]) > 0
    steps = chosen_parts(parts)
    assert [module for _, modules in steps for module in modules] == names
    assert steps[-1][0] == "stem"
    if "resnet" in name:
        assert parts["head"][-1] == "fc"
        assert set(parts["stem"]) <= {"conv1", "bn1"}


def test_what_was_learnt_is_forgotten_part_by_part() -> None:
    subject = Session().subject(SNAPSHOT)
    network, other = subject.network, drawn(subject.spec)
    steps = chosen_parts(parts_from_the_top(network))
    forget(network, other, steps[0][1])
    assert torch.equal(network.fc.weight, other.fc.weight)
    assert not torch.equal(network.layer3[2].conv2.weight, other.layer3[2].conv2.weight)
    for _, modules in steps:
        forget(network, other, modules)
    for name, values in network.state_dict().items():
        assert torch.equal(values, other.state_dict()[name]), name


def measured(request: TrustRequest) -> tuple[TrustResult, list[Progress]]:
    updates = list(trust.run(request, TaskContext(Session(), list, lambda: False)))
    found = [update for update in updates if isinstance(update, TrustResult)]
    return found[-1], [update for update in updates if isinstance(update, Progress)]


def test_grad_cam_forgets_and_guided_backprop_does_not() -> None:
    """On the shipped ResNet-20, as Adebayo 2018 found on other networks."""
    request = TrustRequest(SNAPSHOT, ("grad_cam", "guided_backprop"), measures=("randomisation",))
    result, steps = measured(request)
    assert result.two_sides
    assert result.parts[0] == "head"
    curves = {(row.method, row.off): row for row in result.rows}
    assert {row.values[0] for row in result.rows} == {1.0}
    blocks = slice(1, -1)  # all that is random but the stem: what of a network they look at
    cam = np.mean(curves["grad_cam", False].values[blocks])
    guided = np.mean(curves["guided_backprop", False].values[blocks])
    assert cam < 0.5
    assert guided > 0.65
    for name in RANDOM:
        np.testing.assert_allclose(curves[name, False].values, 1.0)
    parts = [step.done for step in steps if step.total]
    assert parts == sorted(parts)
    assert parts[-1] > 0.8 * steps[-1].total


def test_the_curves_over_blocks_grow_as_they_are_measured() -> None:
    snapshot = Snapshot("plain20", PHOTO, device="cpu")
    request = TrustRequest(snapshot, ("gradient",), measures=("randomisation",))
    context = TaskContext(Session(), list, lambda: False)
    lengths = []
    for update in trust.run(request, context):
        if isinstance(update, TrustResult):
            found = [row for row in update.rows if row.method == "gradient"]
            assert len(found) <= 1
            lengths += [len(row.values) for row in found]
    assert lengths == sorted(lengths)
    assert set(lengths) == set(range(2, 13))


@pytest.mark.long
def test_all_measures_of_a_plain_network_and_the_network_is_as_it_was() -> None:
    snapshot = Snapshot("plain20", fakes.photo(), device="cpu")
    result, _ = measured(TrustRequest(snapshot, ("gradient",)))
    assert not result.two_sides
    assert result.measures == tuple(MEASURES)
    assert {row.method for row in result.rows} == {"gradient", *RANDOM}
    assert len(result.rows) == 3 * len(MEASURES)
    again, _ = measured(TrustRequest(snapshot, ("gradient",)))
    assert [row.values for row in again.rows] == [row.values for row in result.rows]
    for name in RANDOM:
        assert [row.score for row in result.of("sensitivity", False) if row.method == name] == [0]
    assert result.seconds > 0


def test_a_trial_leaves_its_network_as_it_was() -> None:
    subject = Session().subject(SNAPSHOT)
    before = {name: values.clone() for name, values in subject.network.state_dict().items()}
    trial = trust.Trial(subject, subject.image, 3)
    rows = [
        one
        for one in trial.measure(("grad_cam",), ("randomisation", "sensitivity"))
        if isinstance(one, TrustScore)
    ]
    assert len(rows) == 2 * 2 * 3
    assert subject.gates.settings.all_on
    for name, values in subject.network.state_dict().items():
        assert torch.equal(values, before[name]), name


def test_a_method_that_refuses_says_why_in_every_measure() -> None:
    snapshot = Snapshot("resnet20", PHOTO, weights=WeightsChoice("untrained"), device="cpu")
    result, _ = measured(TrustRequest(snapshot, ("deep_lift",), measures=("road", "sensitivity")))
    refused = [row for row in result.rows if row.method == "deep_lift"]
    assert len(refused) == 4
    assert all("trained network" in row.refusal and not row.values for row in refused)


def test_it_stops_between_its_batches() -> None:
    stop = [False]
    updates = trust.run(
        TrustRequest(SNAPSHOT, ("gradient",)), TaskContext(Session(), list, lambda: stop[0])
    )
    for update in updates:
        if isinstance(update, Progress) and update.done > 0:
            break
    stop[0] = True
    with pytest.raises(Cancelled):
        next(updates)


def test_what_cannot_be_asked_is_said() -> None:
    for request, words in (
        (TrustRequest(SNAPSHOT, ("magic",)), "'magic'"),
        (TrustRequest(SNAPSHOT, ("gradient",), measures=("oracle",)), "'oracle'"),
        (TrustRequest(SNAPSHOT, ("gradient",), "layer9.0"), "no block 'layer9.0'"),
    ):
        with pytest.raises(TaskError, match=words):
            list(trust.run(request, TaskContext(Session(), list, lambda: False)))


def test_means_and_deviations_leave_out_what_is_not_a_number() -> None:
    nan = float("nan")
    assert trust.means([(1.0, nan), (3.0, 2.0)]) == [2.0, 2.0]
    assert trust.deviation([1.0, 3.0, nan]) == pytest.approx(np.sqrt(2))
    assert np.isnan(trust.deviation([1.0]))


def test_every_measure_has_its_words_and_its_cost() -> None:
    for one in MEASURES.values():
        assert "arXiv" in one.paper
        assert one.objection.endswith(".")
        assert one.forwards or one.maps
    assert MEASURES["deletion"].forwards == len(trust_curves.SHARES)
    assert MEASURES["infidelity"].forwards == trust_yeh.SQUARES
    assert MEASURES["sensitivity"].maps == trust_yeh.DRAWS
    assert set(METHODS) & set(RANDOM) == set()
