"""Whether an answer without skips is one by chance: only where that was measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resnet_viz.figures.chance import by_chance
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.result import Result
from tests import fakes


def without(count: int, odds: tuple[float, ...]) -> Result:
    """ResNet-20 without its first ``count`` skips, answering ``odds``."""
    skips = fakes.structure().skips[:count]
    given = fakes.result(gates=GateSettings.of(skip=dict.fromkeys(skips, 0.0)))
    return replace(given, now=replace(given.now, probabilities=np.array(odds, np.float32)))


EVEN = (0.15, 0.05, 0.15, 0.05, 0.15, 0.05, 0.15, 0.05, 0.15, 0.05)
SURE = (0.35, 0.05, 0.25, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 0.05)


def test_even_odds_are_chance_however_many_skips_are_off() -> None:
    assert by_chance(without(1, EVEN)).endswith("(at most 15.0 %; guessing gives 10.0 %).")
    assert by_chance(without(1, SURE)) == ""


def test_a_shipped_network_without_any_skip_was_measured() -> None:
    text = by_chance(without(9, SURE))
    assert text.endswith("(right for 10.0 % of 10,000 test images, as guessing is).")
    assert by_chance(without(8, SURE)) == ""
    other = without(9, SURE)
    own = replace(other.snapshot, weights=WeightsChoice("untrained"))
    assert by_chance(replace(other, snapshot=own)) == ""


@pytest.mark.parametrize("odds", [EVEN, SURE])
def test_nothing_is_said_with_all_skips_on(odds: tuple[float, ...]) -> None:
    given = fakes.result()
    run = replace(given.now, probabilities=np.array(odds, np.float32))
    assert by_chance(replace(given, now=run, all_on=run)) == ""
