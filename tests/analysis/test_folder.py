"""A folder of photos: answers as one at a time, features, the map, and files that are broken."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from resnet_viz.analysis.folder import draw, is_collapsed, label_of, principal, run, spread, t_sne
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.figures.folder import neighbours_words
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.family import CLASSES
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.folder import (
    FolderPart,
    FolderRequest,
    FolderResult,
    Layout,
    LayoutRequest,
    chance_share,
    neighbour_share,
)
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import Cancelled, TaskError
from tests import fakes


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three photos in each of two folders named after classes, and a file that is no photo."""
    for number, name in enumerate(("cat", "Ship")):
        (tmp_path / name).mkdir()
        for place in range(3):
            random = np.random.default_rng(10 * number + place)
            pixels = random.integers(0, 256, (40, 48, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"{place}.png")
    (tmp_path / "cat" / "broken.png").write_bytes(b"no picture")
    return tmp_path


def files(folder: Path) -> tuple[str, ...]:
    return tuple(str(file) for file in sorted(folder.rglob("*.png")))


def asked(paths: tuple[str, ...], network: str = "resnet20", trained: bool = True) -> FolderRequest:
    choice = WeightsChoice("default" if trained else "untrained")
    snapshot = Snapshot(network, fakes.photo(), weights=choice, device="cpu")
    return FolderRequest(snapshot, paths)


def context(cancelled: bool = False) -> TaskContext:
    return TaskContext(Session(), list, lambda: cancelled)


def results(updates: Iterator[object]) -> tuple[list[FolderPart], FolderResult, Layout]:
    parts: list[FolderPart] = []
    found: FolderResult | None = None
    for update in updates:
        if isinstance(update, FolderPart):
            parts.append(update)
        elif isinstance(update, FolderResult):
            found = update
        elif isinstance(update, Layout):
            assert found is not None
            return parts, found, update
    raise AssertionError("no map")


def test_each_photo_is_answered_as_when_it_is_opened_alone(folder: Path) -> None:
    parts, found, layout = results(run(asked(files(folder)), context()))
    assert [photo for part in parts for photo in part.photos] == list(found.photos)
    session = Session()
    from resnet_viz.images.photo import load_photo

    network = {}
    for place in found.opened:
        photo = found.photos[place]
        assert photo.on is not None
        assert photo.off is not None
        snapshot = Snapshot("resnet20", load_photo(photo.path), device="cpu")
        alone = session.run(snapshot)
        assert photo.on.label == alone.now.top(1)[0]
        best = float(alone.now.probabilities.max())
        assert photo.on.probability == pytest.approx(best, abs=1e-4)
        network[place] = alone.now.blocks[-1].activation.mean(axis=(1, 2))
        gates = GateSettings().with_skips([b.name for b in alone.structure.blocks[1:]], 0.0)
        without = session.run(Snapshot("resnet20", snapshot.photo, gates=gates, device="cpu"))
        assert photo.off.label == without.now.top(1)[0]
    assert found.features[0].shape == (6, 64)
    for row, place in enumerate(found.opened):
        np.testing.assert_allclose(found.features[0][row], network[place], rtol=1e-3, atol=1e-4)
    assert layout.on.shape == (6, 2)
    assert layout.off is not None


def test_a_broken_file_is_told_of_and_passed_over(folder: Path) -> None:
    _, found, _ = results(run(asked(files(folder)), context()))
    broken = [photo for photo in found.photos if photo.sentence]
    assert [photo.name for photo in broken] == ["broken.png"]
    assert "is not an image that can be read" in broken[0].sentence
    assert broken[0].on is None
    assert len(found.opened) == 6
    labels = {photo.folder: photo.label for photo in found.photos}
    assert labels == {"cat": CLASSES.index("cat"), "Ship": CLASSES.index("ship")}
    assert found.labelled


def test_without_a_photo_that_opens_a_sentence_says_why(folder: Path) -> None:
    bad = (str(folder / "cat" / "broken.png"), str(folder / "none.png"))
    with pytest.raises(TaskError, match=r"None of the 2 files .*broken\.png"):
        list(run(asked(bad), context()))
    with pytest.raises(TaskError, match="open a folder"):
        list(run(asked(()), context()))


def test_it_can_be_cancelled(folder: Path) -> None:
    with pytest.raises(Cancelled):
        list(run(asked(files(folder)), context(cancelled=True)))


def test_a_plain_network_has_no_second_map(folder: Path) -> None:
    _, found, layout = results(run(asked(files(folder), "plain20"), context()))
    assert found.features[1] is None
    assert layout.off is None
    assert np.isnan(found.kept[1])
    assert all(photo.off is None for photo in found.photos)


def test_the_principal_components_are_those_of_torch() -> None:
    for shape in ((30, 5), (6, 40)):
        values = np.random.default_rng(0).standard_normal(shape) * np.arange(1, shape[1] + 1)
        places, shares = principal(values)
        centred = torch.from_numpy(values - values.mean(axis=0))
        u, s, _ = torch.linalg.svd(centred, full_matrices=False)
        wanted = (u[:, :2] * s[:2]).numpy()
        for axis in range(2):
            sign = np.sign(places[:, axis] @ wanted[:, axis])
            np.testing.assert_allclose(places[:, axis], sign * wanted[:, axis], atol=1e-9)
        np.testing.assert_allclose(shares, (s[:2] ** 2 / (s**2).sum()).numpy(), atol=1e-9)


def test_t_sne_keeps_two_far_clusters_apart_and_repeats_itself() -> None:
    random = np.random.default_rng(0)
    values = np.concatenate([random.standard_normal((12, 8)), 50 + random.standard_normal((12, 8))])
    places = t_sne(values)
    np.testing.assert_array_equal(places, t_sne(values))
    classes = np.repeat([0, 1], 12)
    centres = [places[classes == one].mean(axis=0) for one in (0, 1)]
    apart = np.linalg.norm(centres[0] - centres[1])
    within = max(np.linalg.norm(places[classes == n] - centres[n], axis=1).max() for n in (0, 1))
    assert apart > within


def test_features_that_are_all_the_same_stand_in_one_place() -> None:
    same = np.full((5, 8), 3.0) + 1e-7 * np.random.default_rng(0).standard_normal((5, 8))
    assert is_collapsed(same)
    assert not is_collapsed(np.random.default_rng(0).standard_normal((5, 8)))


def test_the_share_of_like_neighbours_and_what_chance_gives() -> None:
    features = np.array([[1, 0], [1, 0.1], [0, 1], [0.1, 1]])
    assert neighbour_share(features, np.array([0, 0, 1, 1])) == 1.0
    assert neighbour_share(features, np.array([0, 1, 0, 1])) == 0.0
    assert chance_share(np.array([0, 0, 1, 1])) == pytest.approx(1 / 3)
    assert np.isnan(neighbour_share(features, np.array([-1, -1, -1, 0])))
    assert neighbour_share(np.zeros((3, 2)), np.zeros(3, int)) == 0.0


def test_the_nearest_neighbours_are_sorted_by_the_cosine(folder: Path) -> None:
    _, found, layout = results(run(asked(files(folder)), context()))
    photo = found.photos[found.opened[0]]
    near = found.neighbours(photo.path, 3)
    unit = found.features[0] / np.linalg.norm(found.features[0], axis=1, keepdims=True)
    wanted = np.sort((unit @ unit[0])[1:])[::-1][:3]
    np.testing.assert_allclose([cosine for _, cosine in near], wanted, atol=1e-6)
    assert found.opened[0] not in [place for place, _ in near]
    assert found.neighbours("elsewhere.png", 3) == []
    off = found.neighbours(photo.path, 3, off=True)
    lengths = np.linalg.norm(found.features[1], axis=1, keepdims=True)
    unit = (found.features[1] / lengths).astype(float)
    wanted = np.sort((unit @ unit[0])[1:])[::-1][:3]
    np.testing.assert_allclose([cosine for _, cosine in off], wanted, atol=1e-6)
    drawn = found.with_layout(layout)
    same = len({place for place, _ in near} & {place for place, _ in off})
    assert f" {same} of the same 3 " in neighbours_words(drawn, "x", near, off, True)
    drawn = found.with_layout(replace(layout, collapsed=(False, True)))
    assert "chance" in neighbours_words(drawn, "x", near, off, True)
    assert "no direction" in neighbours_words(found, "x", near, [], True)
    assert "not one of these" in neighbours_words(found, "x", [], [], False)
    again = list(draw(LayoutRequest(found, "tsne"), context()))[-1]
    assert isinstance(again, Layout)
    assert again.method == "tsne"
    assert not np.array_equal(again.on, layout.on)


def test_labels_and_how_a_large_folder_is_thinned_out() -> None:
    labels = ("great white shark, white shark", "tiger_cat")
    assert label_of("x/White shark/1.jpg", labels) == 0
    assert label_of("x/tiger-cat/1.jpg", labels) == 1
    assert label_of("x/shark/1.jpg", labels) is None
    paths = tuple(map(str, range(100)))
    thin = spread(paths, 5)
    assert thin == ("0", "25", "50", "74", "99")
    assert spread(paths, 100) == paths
