"""No result depends on what was chosen before it."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest

from resnet_viz.analysis.session import Session
from resnet_viz.images.photo import Crop
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.walk import build_structure
from resnet_viz.results.result import Pass, Result, Snapshot
from tests import fakes

NETWORKS = ("resnet20", "plain20", "preact-resnet20", "resnet20-projection", "lenet5")


def changed(now: Snapshot, dice: random.Random) -> Snapshot:
    """``now`` with one thing chosen anew."""
    what = dice.choice(("network", "weights", "gates", "gates", "gates", "target", "crop"))
    if what == "network":
        name = dice.choice(NETWORKS)
        return replace(now, network=name, gates=GateSettings(), target=None)
    if what == "weights":
        return replace(now, weights=WeightsChoice(dice.choice(("default", "untrained"))))
    if what == "target":
        return replace(now, target=dice.choice((None, *range(10))))
    if what == "crop":
        return replace(now, crop=Crop(dice.uniform(0, 8), dice.uniform(0, 8), dice.uniform(9, 16)))
    skips = build_structure(now.spec).skips
    some = dice.sample(skips, dice.randint(0, len(skips)))
    return replace(now, gates=now.gates.with_skips(some, dice.choice((0.0, 0.5, 1.0))))


def same(one: Pass, other: Pass) -> None:
    np.testing.assert_array_equal(one.logits, other.logits)
    for block, again in zip(one.blocks, other.blocks, strict=True):
        for name in ("activation", "cam", "gradient_norm", "activation_norm", "skip_share"):
            np.testing.assert_array_equal(
                np.asarray(getattr(block, name), float),
                np.asarray(getattr(again, name), float),
                err_msg=f"{name} of {block.name}",
            )


@pytest.mark.parametrize("seed", range(4))
def test_a_walk_through_settings_ends_where_a_fresh_start_does(seed: int) -> None:
    dice = random.Random(seed)
    walked, now = Session(), Snapshot("resnet20", fakes.photo(), device="cpu")
    for _ in range(12):
        now = changed(now, dice)
        found: Result = walked.run(now)
        wanted = Session().run(now)
        same(found.now, wanted.now)
        same(found.all_on, wanted.all_on)
