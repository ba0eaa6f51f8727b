"""Linear probes on a frozen backbone: what is measured, what is passed over, what is refused."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_viz.analysis.session import Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.analysis.transfer import fit, held_out, pooled, run
from resnet_viz.images.photo import Photo
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import IDLE, Cancelled, Progress, TaskError
from resnet_viz.results.transfer import Group, LabelPhoto, TransferRequest, TransferResult
from tests import fakes


def picture(seed: int, colour: tuple[int, int, int]) -> np.ndarray:
    """Noise around a colour, 32×32."""
    noise = np.random.default_rng(seed).normal(0, 20, (32, 32, 3))
    return np.clip(noise + colour, 0, 255).astype(np.uint8)


def group(name: str, colour: tuple[int, int, int], count: int = 8) -> Group:
    return Group(name, tuple(Photo(f"{name} {n}", picture(n, colour)) for n in range(count)))


RED, BLUE = group("red", (200, 40, 40)), group("blue", (40, 40, 200))
SNAPSHOT = Snapshot("resnet20", fakes.photo(), device="cpu")


def updates(request: TransferRequest, told: list[object] | None = None) -> list[TransferResult]:
    """All results until the task waits, having been told ``told``."""
    waiting = list(told or ())

    def commands() -> list[object]:
        taken = list(waiting)
        waiting.clear()
        return taken

    found = []
    for update in run(request, TaskContext(Session(), commands, lambda: False)):
        if update is IDLE:
            break
        if isinstance(update, TransferResult):
            found.append(update)
        else:
            assert isinstance(update, Progress)
    return found


@pytest.fixture(scope="module")
def result() -> TransferResult:
    photo = Photo("a red one", picture(99, (200, 40, 40)))
    return updates(
        TransferRequest(SNAPSHOT, (RED, BLUE)), [LabelPhoto(Snapshot("resnet20", photo))]
    )[-1]


def test_three_backbones_are_measured_at_each_stage(result: TransferResult) -> None:
    assert result.complete
    names = [one.name for one in result.accuracies]
    assert names == ["this backbone", "without its skips", "untrained"]
    assert result.levels == ("stage 1", "stage 2", "stage 3")
    assert all(len(one.values) == 3 for one in result.accuracies)
    assert result.accuracies[0].values == (1.0, 1.0, 1.0), "red and blue are easily told apart"
    assert (result.trained, result.held, result.chance) == (12, 4, 0.5)


def test_the_photo_that_it_is_told_of_is_labelled(result: TransferResult) -> None:
    answer = result.answer
    assert answer is not None
    assert answer.snapshot.photo.name == "a red one"
    assert answer.probabilities.shape == (3, 2)
    np.testing.assert_allclose(answer.probabilities.sum(axis=1), 1.0)
    assert result.classes[int(answer.probabilities[-1].argmax())] == "red"


def test_features_are_the_means_of_what_each_stage_hands_on() -> None:
    subject = Session().subject(SNAPSHOT)
    found = pooled(subject, subject.image)
    seen: list[torch.Tensor] = []
    last = subject.network.get_submodule("layer3.2")
    handle = last.register_forward_hook(lambda _, __, out: seen.append(out))
    with torch.no_grad():
        subject.network(subject.image)
    handle.remove()
    assert [level.shape for level in found] == [(1, 16), (1, 32), (1, 64)]
    np.testing.assert_allclose(found[-1], seen[0].mean(dim=(2, 3)).numpy(), rtol=1e-5)


def test_held_out_examples_are_of_every_class_and_always_the_same() -> None:
    labels = np.array([0] * 10 + [1] * 2 + [2] * 5)
    held = held_out(labels)
    assert np.bincount(labels[held]).tolist() == [3, 1, 2]
    assert (held == held_out(labels)).all()


def test_a_probe_of_tiny_features_works_and_of_infinite_ones_does_not() -> None:
    dice = np.random.default_rng(0)
    labels = np.repeat([0, 1], 20)
    features = dice.normal(size=(40, 3)) + 4 * labels[:, None]
    assert fit(features * 1e-18, labels).score(features * 1e-18, labels) > 0.95
    features[3, 1] = math.inf
    assert fit(features, labels) is None


def test_broken_files_are_named_and_passed_over(tmp_path: Path) -> None:
    paths = []
    for number in range(4):
        paths.append(str(tmp_path / f"{number}.png"))
        Image.fromarray(picture(number, (40, 200, 40))).save(paths[-1])
    (tmp_path / "broken.png").write_bytes(b"no picture")
    paths.insert(1, str(tmp_path / "broken.png"))
    found = updates(TransferRequest(SNAPSHOT, (Group("green", tuple(paths)), RED)))[0]
    assert found.skipped == ("broken.png",)
    assert found.trained + found.held == 12


@pytest.mark.parametrize(
    ("groups", "sentence"),
    [
        ((RED,), "give examples of a second one"),
        ((RED, group("one", (0, 0, 0), 1)), "“one” has fewer than two examples"),
        ((Group("none", ("/no/such/file.png",) * 3), RED), "“none” has fewer than two"),
    ],
)
def test_too_few_examples_are_refused(groups: tuple[Group, ...], sentence: str) -> None:
    with pytest.raises(TaskError, match=sentence):
        updates(TransferRequest(SNAPSHOT, groups))


def test_it_stops_when_it_is_told() -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 12

    with pytest.raises(Cancelled):
        list(run(TransferRequest(SNAPSHOT, (RED, BLUE)), TaskContext(Session(), list, cancelled)))
