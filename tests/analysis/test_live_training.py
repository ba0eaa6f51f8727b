"""Live training: both twins on the same batches, the way back, and what is measured."""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional

from resnet_viz.analysis import twins_data
from resnet_viz.analysis.checkpoints import Checkpoints
from resnet_viz.analysis.live_training import TwinTraining, run
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.analysis.training_run import augment, normalise, shift, to_tensor
from resnet_viz.analysis.twins_data import Batches, TrainingData, loading
from resnet_viz.images.cifar10 import LabelledImages
from resnet_viz.networks.family import CLASSES
from resnet_viz.networks.preprocessing import CIFAR10
from resnet_viz.results.live_training import (
    DataChoice,
    GoTo,
    Pause,
    Resume,
    SetRate,
    Standing,
    StepOnce,
    TakeBack,
    TakenBack,
    TrainingRequest,
    TwinStep,
    layer_names,
)
from resnet_viz.results.task import IDLE, Progress, TaskError

REQUEST = TrainingRequest(depth=8, batch_size=4, rate=0.05, seed=3)


@pytest.fixture(scope="module")
def data() -> TrainingData:
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (30, 32, 32, 3)).astype(np.uint8)
    return TrainingData(LabelledImages(images, np.arange(30) % 10), (0.5,) * 3, (0.25,) * 3, True)


class Driven:
    """The task as the worker drives it: told commands, asked for what comes until it waits."""

    def __init__(
        self,
        monkeypatch: pytest.MonkeyPatch,
        data: TrainingData,
        request: TrainingRequest = REQUEST,
    ) -> None:
        monkeypatch.setitem(twins_data._last, request.data, data)
        self.inbox: list[object] = []
        context = TaskContext(cast(Session, None), self._take, lambda: False)
        self.task: Generator[object, None, None] = run(request, context)

    def _take(self) -> list[object]:
        taken, self.inbox = self.inbox, []
        return taken

    def tell(self, *commands: object) -> list[object]:
        """Give commands; what comes until it waits again."""
        self.inbox += commands
        seen = []
        while (update := next(self.task)) is not IDLE:
            seen.append(update)
        return seen

    def train(self, until: int) -> list[TwinStep]:
        """Run, then pause after ``until`` steps."""
        self.inbox.append(Resume())
        steps: list[TwinStep] = []
        while True:
            update = next(self.task)
            if update is IDLE:
                return steps
            if isinstance(update, TwinStep):
                steps.append(update)
                if update.step == until and update.twin == "plain":
                    self.inbox.append(Pause())


@pytest.fixture
def driven(monkeypatch: pytest.MonkeyPatch, data: TrainingData) -> Driven:
    return Driven(monkeypatch, data)


def test_it_waits_until_it_is_told_to_go(driven: Driven) -> None:
    assert driven.tell() == [Standing(0, 0, False, 0.05, (0,))]
    assert driven.tell() == []


def test_both_twins_take_turns_at_every_step(driven: Driven) -> None:
    steps = driven.train(3)
    assert [(one.step, one.twin) for one in steps] == [
        (number, twin) for number in (1, 2, 3) for twin in ("residual", "plain")
    ]
    assert all(len(one.norms) == 8 for one in steps)


def test_a_single_step_then_a_pause(driven: Driven) -> None:
    driven.tell()
    seen = driven.tell(StepOnce())
    assert [type(one) for one in seen] == [Standing, TwinStep, TwinStep, Standing]
    assert seen[-1] == Standing(1, 1, False, 0.05, (0,))


def test_the_twins_begin_with_the_same_weights_and_see_the_same_batches(data: TrainingData) -> None:
    training = TwinTraining(REQUEST, data)
    residual, plain = (one.network for one in training.twins)
    pairs = zip(residual.parameters(), plain.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    seen = []
    for network in (residual, plain):
        network.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0].clone()))
    list(training.step())
    assert torch.equal(*seen)


@pytest.mark.parametrize("norm", [True, False])
def test_a_step_is_that_of_a_plain_torch_loop(data: TrainingData, norm: bool) -> None:
    """Loss, accuracy, gradient norms and the weights after three steps, computed directly."""
    request = TrainingRequest(depth=8, batch_size=4, rate=0.05, norm=norm)
    training, reference = TwinTraining(request, data), TwinTraining(request, data)
    measured = [list(training.step()) for _ in range(3)]
    for side, twin in enumerate(reference.twins):
        network = twin.network
        buffers: list[torch.Tensor] = [torch.zeros_like(p) for p in network.parameters()]
        for number in range(3):
            images, labels = reference.batches.at(number)
            logits = network(images)
            loss = functional.cross_entropy(logits, labels)
            gradients = torch.autograd.grad(loss, list(network.parameters()))
            found = measured[number][side]
            assert found.loss == pytest.approx(loss.item(), rel=1e-5)
            assert found.accuracy == (logits.argmax(1) == labels).float().mean().item()
            named = dict(zip((n for n, _ in network.named_parameters()), gradients, strict=True))
            norms = [float(named[f"{name}.weight"].norm()) for name in layer_names(8)]
            assert found.norms == pytest.approx(norms, rel=1e-4)
            with torch.no_grad():
                for p, g, b in zip(network.parameters(), gradients, buffers, strict=True):
                    b.mul_(0.9).add_(g + 1e-4 * p)
                    p.sub_(0.05 * b)
        trained = training.twins[side].network
        for one, other in zip(network.parameters(), trained.parameters(), strict=True):
            assert torch.allclose(one, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("depth", [8, 20, 110])
def test_the_layers_are_those_of_the_network_in_order(depth: int) -> None:
    from resnet_viz.networks.cifar import CifarResNet

    with torch.device("meta"):
        network = CifarResNet(depth)
    kinds = torch.nn.Conv2d | torch.nn.Linear
    names = [name for name, module in network.named_modules() if isinstance(module, kinds)]
    assert layer_names(depth) == tuple(names)
    assert len(names) == depth


def test_tiny_gradients_are_not_lost_in_single_precision(data: TrainingData) -> None:
    training = TwinTraining(REQUEST, data)
    for one in training.twins:
        with torch.no_grad():
            one.network.fc.weight.mul_(1e-25)
    for step in training.step():
        assert 0 < step.norms[0] < 1e-22
        assert step.norms[-1] > 0


def test_the_same_seed_gives_the_same_run_and_another_seed_another(
    monkeypatch: pytest.MonkeyPatch, data: TrainingData
) -> None:
    first = Driven(monkeypatch, data).train(4)
    torch.manual_seed(99)  # what others draw makes no difference
    assert Driven(monkeypatch, data).train(4) == first
    other = TrainingRequest(depth=8, batch_size=4, rate=0.05, seed=4)
    assert Driven(monkeypatch, data, other).train(4) != first


def test_training_draws_nothing_from_the_shared_generator(data: TrainingData) -> None:
    before = torch.get_rng_state()
    training = TwinTraining(REQUEST, data)
    list(training.step())
    assert torch.equal(torch.get_rng_state(), before)


def test_going_on_after_going_back_repeats_bit_by_bit(driven: Driven) -> None:
    first = driven.train(12)
    assert driven.tell(GoTo(8)) == [Standing(5, 12, False, 0.05, (0, 5, 10, 12))]
    again = driven.train(12)
    assert again == [one for one in first if one.step > 5]
    assert driven.tell(GoTo(0))[-1] == Standing(0, 12, False, 0.05, (0, 5, 10, 12))
    assert driven.train(12) == first


def test_one_can_look_back_and_return_to_where_one_was(driven: Driven) -> None:
    first = driven.train(7)
    assert cast(Standing, driven.tell(GoTo(0))[-1]).step == 0
    assert cast(Standing, driven.tell(GoTo(7))[-1]).step == 7
    onward = driven.train(9)
    assert [one.step for one in onward] == [8, 8, 9, 9]
    driven.tell(GoTo(0))
    assert driven.train(9) == first + onward


def test_going_on_after_going_back_gives_up_what_came_after(driven: Driven) -> None:
    first = driven.train(12)
    driven.tell(GoTo(5))
    seen = driven.tell(SetRate(0.2), StepOnce())
    assert seen[0] == Standing(5, 12, False, 0.2, (0, 5, 10, 12))
    assert seen[1] == Standing(5, 5, False, 0.2, (0, 5))
    assert seen[-1] == Standing(6, 6, False, 0.2, (0, 5))
    # The rate acts on what follows its step.
    steps = [one for one in first if one.step > 5]
    assert seen[2] == steps[0]
    assert driven.train(7) != steps[2:4]


def test_what_going_on_gave_up_can_be_taken_back_and_left_again(driven: Driven) -> None:
    first = driven.train(12)
    driven.tell(GoTo(5), SetRate(0.2))
    other = driven.train(8)
    assert driven.tell(TakeBack()) == [
        TakenBack(5),
        Standing(12, 12, False, 0.05, (0, 5, 10, 12)),
    ]
    onward = driven.train(14)
    driven.tell(TakeBack())
    assert cast(Standing, driven.tell(TakeBack())[-1]).newest == 14
    driven.tell(GoTo(0))
    assert driven.train(14) == first + onward, "as if nothing had come between"
    seen = driven.tell(TakeBack())
    assert seen[0] == TakenBack(0), "what was given up last is what can be had"
    driven.tell(GoTo(5), SetRate(0.2))
    assert driven.train(8) == other


def test_without_anything_given_up_there_is_nothing_to_take_back(driven: Driven) -> None:
    driven.train(3)
    assert driven.tell(TakeBack()) == [Standing(3, 3, False, 0.05, (0,))]


def test_skip_init_is_for_the_residual_twin_which_starts_as_its_shortcuts(
    data: TrainingData,
) -> None:
    training = TwinTraining(replace(REQUEST, norm=False, skip_init=True), data)
    residual, plain = training.step()
    assert residual.norms[0] > 0
    assert set(residual.norms[1:-1]) == {0.0}, "inside the branches nothing learns at first"
    assert min(plain.norms) > 0
    residual, _ = training.step()
    assert min(residual.norms) > 0


def test_a_checkpoint_brings_its_learning_rate_back(driven: Driven) -> None:
    driven.train(6)
    assert cast(Standing, driven.tell(SetRate(0.01))[-1]).rate == 0.01
    assert cast(Standing, driven.tell(GoTo(5))[-1]).rate == 0.05


def test_a_twin_that_diverges_stops_and_the_other_goes_on(data: TrainingData) -> None:
    training = TwinTraining(REQUEST, data)
    with torch.no_grad():
        training.twins[1].network.fc.bias.fill_(math.nan)
    first, broken = training.step()
    assert math.isnan(broken.loss)
    assert math.isnan(broken.norms[0])
    assert math.isfinite(first.loss)
    assert training.diverged == ("plain",)
    assert [one.twin for one in training.step()] == ["residual"]
    training.go_to(0)
    assert training.diverged == ()


def test_when_both_have_diverged_it_pauses_and_one_can_still_go_back(
    monkeypatch: pytest.MonkeyPatch, data: TrainingData
) -> None:
    request = TrainingRequest(depth=8, norm=False, batch_size=4, rate=1e30)
    driven = Driven(monkeypatch, data, request)
    seen = driven.tell(Resume())
    last = cast(Standing, seen[-1])
    assert last.diverged == ("residual", "plain")
    assert not last.running
    assert all(type(one) is Standing for one in driven.tell(Resume()))
    assert cast(Standing, driven.tell(GoTo(0))[-1]).diverged == ()


def test_a_depth_that_is_not_6n_plus_2_is_named(
    monkeypatch: pytest.MonkeyPatch, data: TrainingData
) -> None:
    with pytest.raises(ValueError, match="depth 9 is not 6n"):
        Driven(monkeypatch, data, TrainingRequest(depth=9)).tell()


def test_checkpoints_stay_few_and_reach_over_the_whole_run() -> None:
    kept: Checkpoints[str] = Checkpoints(every=2, most=6)
    for step in range(101):
        if kept.due(step):
            kept.save(step, f"after {step}")
    assert kept.steps == (0, 32, 64, 96)
    assert kept.at_or_before(70) == (64, "after 64")
    after = kept.take_after(40)
    assert kept.steps == (0, 32)
    kept.put(after)
    assert kept.steps == (0, 32, 64, 96)


def test_large_checkpoints_are_fewer() -> None:
    kept: Checkpoints[int] = Checkpoints(every=1)
    for step in range(100):
        if kept.due(step):
            kept.save(step, step, 100 * 2**20)
    assert len(kept.steps) <= 5
    assert kept.steps[0] == 0


@pytest.mark.parametrize("augmented", [True, False])
def test_a_batch_is_chosen_moved_and_normalised(data: TrainingData, augmented: bool) -> None:
    data = replace(data, augmented=augmented)
    batches = Batches(data, 4, seed=1)
    images, labels = batches.at(2)
    order = torch.randperm(30, generator=torch.Generator().manual_seed(100_003))
    chosen = order[8:12].numpy()
    assert labels.tolist() == data.images.labels[chosen].tolist()
    moved = to_tensor(data.images.images[chosen])
    if augmented:
        moved = augment(moved, 0.0, torch.Generator().manual_seed(1_000_003 + 2))
    assert torch.equal(images, normalise(moved, data.mean, data.std))


def test_an_epoch_has_every_image_once_and_the_next_another_order(data: TrainingData) -> None:
    batches = Batches(data, 6, seed=1)
    epochs = [torch.cat([batches.at(step)[1] for step in range(5 * e, 5 * e + 5)]) for e in (0, 1)]
    assert all(torch.bincount(labels).tolist() == [3] * 10 for labels in epochs)
    assert not torch.equal(*epochs)


def test_shifts_move_by_at_most_four_pixels() -> None:
    image = torch.zeros(200, 1, 32, 32)
    image[:, :, 16, 16] = 1
    moved = shift(image, torch.Generator().manual_seed(0))
    spots = moved.flatten(1).argmax(1)
    rows, columns = spots // 32 - 16, spots % 32 - 16
    assert moved.sum() == 200
    assert set(rows.tolist()) == set(columns.tolist()) == set(range(-4, 5))


def load(choice: DataChoice) -> tuple[TrainingData, list[Progress]]:
    said = []
    steps = loading(choice)
    while True:
        try:
            said.append(next(steps))
        except StopIteration as end:
            return end.value, said


def test_digits_are_loaded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twins_data, "_last", {})
    found, said = load(DataChoice())
    assert said == [Progress("Reading the digits", 0, 0)]
    assert not found.augmented
    batch = normalise(to_tensor(found.images.images), found.mean, found.std)
    assert float(batch.mean()) == pytest.approx(0, abs=1e-3)
    assert float(batch.std()) == pytest.approx(1, abs=1e-3)
    assert load(DataChoice()) == (found, [])


def test_a_folder_of_cifar10(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(twins_data, "_last", {})
    for name in ("cat", "ship"):
        (tmp_path / name).mkdir()
        for number in range(2):
            Image.new("RGB", (32, 32), (9, 9, 9)).save(tmp_path / name / f"{number}.png")
    found, said = load(DataChoice("path", str(tmp_path), limit=2))
    assert [CLASSES[label] for label in found.images.labels] == ["cat", "ship"]
    assert found.mean == CIFAR10.mean
    assert found.augmented
    assert said[0].text == f"Reading {tmp_path.name}"


@pytest.mark.parametrize("content", [None, b"no zip file", b"PK\x03\x04"])
def test_data_that_cannot_be_read_make_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
) -> None:
    monkeypatch.setattr(twins_data, "_last", {})
    path = tmp_path / "cifar.zip"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(TaskError, match=r"cifar\.zip .*a folder or a zip file"):
        load(DataChoice("path", str(path)))


def test_cifar10_from_its_zip_file_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, cifar10_zip: Path
) -> None:
    monkeypatch.setattr(twins_data, "_last", {})
    found, said = load(DataChoice("path", str(cifar10_zip), limit=2000))
    assert np.bincount(found.images.labels).tolist() == [200] * 10
    assert [one.done for one in said if one.total] == [1000, 2000]


@pytest.fixture
def cifar10_zip() -> Path:
    import os

    here = Path(__file__).parents[3] / "shared" / "data"
    path = Path(os.environ.get("RESNET_VIZ_CIFAR10") or here) / "cifar10-test.zip"
    if not path.exists():
        pytest.skip(f"{path.name} is not there; set RESNET_VIZ_CIFAR10 to the folder that holds it")
    return path
