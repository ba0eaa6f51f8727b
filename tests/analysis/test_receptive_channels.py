"""Which channels see a place, by hand; and the patches that excite one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from resnet_viz.analysis import receptive_channels
from resnet_viz.analysis.session import Session
from resnet_viz.analysis.task import TaskContext
from resnet_viz.images import gallery
from resnet_viz.images.photo import load_photo
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.receptive_channels import (
    PatchesRequest,
    PatchesResult,
    share_of,
    who_sees,
)
from resnet_viz.results.result import Snapshot
from resnet_viz.results.task import Cancelled, Progress, TaskError
from tests import fakes

CONTEXT = TaskContext(Session(), list, lambda: False)


def test_channels_are_ranked_by_what_they_see_of_a_place() -> None:
    activation = np.zeros((3, 4, 4), np.float32)
    activation[0] = 2  # everywhere
    activation[1, :2, :2] = 3  # only there
    activation[2, 2:, 2:] = 9  # only elsewhere
    mask = np.zeros((128, 128), bool)
    mask[:64, :64] = True
    seen = who_sees(activation, mask)
    assert [one.channel for one in seen] == [1, 0, 2]
    assert (seen[0].inside, seen[0].outside) == (3, 0)
    mask[:, :64] = True  # half of it is where channel 1 is
    seen = who_sees(activation, mask)
    assert [(one.channel, one.inside) for one in seen] == [(0, 2), (1, 1.5), (2, 0)]
    seen = who_sees(activation, mask, contrast=True)
    assert [(one.channel, one.more) for one in seen] == [(1, 1.5), (0, 0), (2, -4.5)]
    with pytest.raises(ValueError, match="Nothing is brushed"):
        who_sees(activation, np.zeros((8, 8), bool))


@pytest.mark.parametrize("cells", [(4, 4), (7, 5), (128, 128)])
def test_a_unit_counts_by_its_share(cells: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    mask = random.random((128, 128)) < 0.3
    found = share_of(mask, *cells)
    assert found.shape == cells
    height, width = cells
    for row, column in ((0, 0), (height - 1, width - 1), (height // 2, width // 2)):
        rows = slice(row * 128 // height, (row + 1) * 128 // height)
        columns = slice(column * 128 // width, (column + 1) * 128 // width)
        assert found[row, column] == pytest.approx(mask[rows, columns].mean())
    assert share_of(mask, 256, 256).mean() == pytest.approx(mask.mean(), rel=0.02)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("astronaut", "coffee", "rocket"):
        Image.fromarray(gallery.load_sample(name).pixels).save(tmp_path / f"{name}.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    return tmp_path


def measured(request: PatchesRequest) -> list[object]:
    return list(receptive_channels.run(request, CONTEXT))


@pytest.mark.parametrize("gates", [GateSettings(), GateSettings.of({"layer2.0": 0.0})])
def test_a_patch_is_where_the_photo_excites_the_channel_most(
    folder: Path, gates: GateSettings
) -> None:
    snapshot = Snapshot("resnet20", fakes.photo(), gates=gates, device="cpu")
    paths = tuple(sorted(str(path) for path in folder.iterdir()))
    updates = measured(PatchesRequest(snapshot, "layer2.1", 5, paths))
    result = updates[-1]
    assert isinstance(result, PatchesResult)
    assert (result.looked, result.broken) == (4, 1)
    assert len(result.patches) == 4
    values = [one.value for one in result.patches]
    assert values == sorted(values, reverse=True)
    assert [one.own for one in result.patches].count(True) == 1
    for one in result.patches:
        photo = fakes.photo() if one.own else load_photo(one.path)
        own = snapshot.photo if one.own else photo
        passed = Session().run(Snapshot("resnet20", own, gates=gates, device="cpu"))
        activation = passed.now.block("layer2.1").activation[5]
        assert one.value == pytest.approx(float(activation.max()), rel=1e-4)
        row, column = np.unravel_index(int(activation.argmax()), activation.shape)
        # The unit's middle lies in the middle of what it sees.
        left, top, right, bottom = one.whole
        assert (left + right) / 2 == pytest.approx(2 * column + 0.5, abs=1)
        assert (top + bottom) / 2 == pytest.approx(2 * row + 0.5, abs=1)
        left, top, right, bottom = one.box
        assert 0 <= left < right <= 32
        assert one.pixels.shape[:2] == ((bottom - top) * 16, (right - left) * 16)
        assert one.values.max() == pytest.approx(one.value)
    parts = [update for update in updates if isinstance(update, Progress) and update.total]
    assert parts[-1].total == 4


def test_without_paths_the_samples_are_looked_at() -> None:
    snapshot = Snapshot("resnet20", gallery.load_sample("coffee"), device="cpu")
    result = measured(PatchesRequest(snapshot, "stem", 0))[-1]
    assert isinstance(result, PatchesResult)
    assert result.looked == len(gallery.SAMPLES)
    assert result.own is not None
    assert result.own.whole[2] - result.own.whole[0] == 3


def test_what_cannot_be_asked_is_said() -> None:
    snapshot = Snapshot("resnet20", fakes.photo(), device="cpu")
    for request, words in (
        (PatchesRequest(snapshot, "layer9.0", 0), "no block 'layer9.0'"),
        (PatchesRequest(snapshot, "stem", 16), "0 to 15"),
    ):
        with pytest.raises(TaskError, match=words):
            measured(request)
    stop = [False]
    updates = receptive_channels.run(
        PatchesRequest(snapshot, "stem", 0), TaskContext(Session(), list, lambda: stop[0])
    )
    for update in updates:
        if isinstance(update, PatchesResult):
            break
    stop[0] = True
    with pytest.raises(Cancelled):
        next(updates)
