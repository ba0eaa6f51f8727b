"""What is said of a measured ratio."""

from __future__ import annotations

import pytest

from tests.benchmarks.common import Benchmark, Measured, ratio


@pytest.mark.parametrize(
    ("below", "value", "said"),
    [
        (True, 1.05, "met"),
        (True, 1.1, "missed by less than the spread"),
        (True, 1.2, "MISSED"),
        (False, 1.05, "met"),
        (False, 1.0, "missed by less than the spread"),
        (False, 0.9, "MISSED"),
    ],
)
def test_a_target_is_met_missed_or_lost_in_the_noise(below: bool, value: float, said: str) -> None:
    one = Benchmark("a ÷ b", lambda rounds: Measured(value, 0.1, ""), 1.05, below)
    assert one.verdict(one.measure(1)) == said


def test_without_a_target_nothing_is_said() -> None:
    one = Benchmark("a ÷ b", lambda rounds: Measured(1.0, 0.0, ""), None)
    assert one.verdict(one.measure(1)) == ""


def test_a_ratio_is_that_of_medians_with_half_the_distance_of_the_quartiles() -> None:
    found = ratio("a, b", [1.0, 2.0, 3.0, 40.0, 5.0], [2.0, 2.0, 2.0, 2.0, 2.0])
    assert found.value == 1.5
    assert found.spread == pytest.approx((11.25 - 0.75) / 2)
    assert found.detail == "a, b: 3000.0 and 2000.0 ms"
