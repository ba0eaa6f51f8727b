"""Gate settings: what is kept, what is equal, and what is refused."""

from __future__ import annotations

import pytest

from resnet_viz.networks.gates import GateSettings


def test_everything_is_on_unless_said_otherwise() -> None:
    gates = GateSettings()
    assert gates.all_on
    assert gates.skip("layer1.0") == 1.0
    assert gates.branch("layer1.0") == 1.0


def test_skips_and_branches_are_apart() -> None:
    gates = GateSettings.of(skip={"layer1.0": 0.0}, branch={"layer1.1": 0.25})
    assert not gates.all_on
    assert (gates.skip("layer1.0"), gates.branch("layer1.0")) == (0.0, 1.0)
    assert (gates.skip("layer1.1"), gates.branch("layer1.1")) == (1.0, 0.25)
    assert gates.skips == {"layer1.0": 0.0}
    assert gates.branches == {"layer1.1": 0.25}


def test_a_closed_branch_alone_is_not_all_on() -> None:
    assert not GateSettings.of(branch={"layer1.0": 0.0}).all_on


def test_settings_that_mean_the_same_are_equal() -> None:
    one = GateSettings.of(skip={"a": 0.0, "b": 0.5, "c": 1.0})
    other = GateSettings.of(skip={"b": 0.5, "a": 0})
    assert one == other
    assert hash(one) == hash(other)
    assert one != GateSettings.of(branch={"a": 0.0, "b": 0.5})


def test_with_skips_changes_only_the_named_ones() -> None:
    before = GateSettings.of(skip={"a": 0.0, "b": 0.5}, branch={"a": 0.0})
    after = before.with_skips(["b", "c"], 0.25)
    assert after == GateSettings.of(skip={"a": 0.0, "b": 0.25, "c": 0.25}, branch={"a": 0.0})
    assert before.skips == {"a": 0.0, "b": 0.5}


def test_with_branches_changes_only_the_named_ones() -> None:
    before = GateSettings.of(skip={"a": 0.0}, branch={"b": 0.5})
    assert before.with_branches("b", 0.0) == GateSettings.of({"a": 0.0}, {"b": 0.0})


def test_turned_off_and_on_again_is_all_on() -> None:
    gates = GateSettings().with_skips(["a", "b"], 0.0).with_branches(["a"], 0.5)
    again = gates.with_skips(["a", "b"], 1.0).with_branches(["a"], 1.0)
    assert again.all_on
    assert again == GateSettings()


@pytest.mark.parametrize("bad", [-0.01, 1.01, float("nan"), float("inf")])
@pytest.mark.parametrize("path", ["skip", "branch"])
def test_a_gate_outside_its_range_is_named(path: str, bad: float) -> None:
    with pytest.raises(ValueError, match=rf"gate of layer2\.1 is {bad}; it must lie in \[0, 1\]"):
        GateSettings.of(**{path: {"layer1.0": 0.5, "layer2.1": bad}})
