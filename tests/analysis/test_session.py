"""Sessions: what is computed, what is kept, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from resnet_viz.analysis import session as session_module
from resnet_viz.analysis.devices import DeviceError, available, resolve
from resnet_viz.analysis.probe import Prober
from resnet_viz.analysis.session import Session, as_input
from resnet_viz.images import gallery
from resnet_viz.images.photo import Crop
from resnet_viz.networks import catalog, weights
from resnet_viz.networks.catalog import CATALOG
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.gates import GateSettings
from resnet_viz.networks.preprocessing import Preprocessing
from resnet_viz.networks.skips import SkipGates
from resnet_viz.networks.walk import build_structure
from resnet_viz.results.result import Pass, Snapshot
from resnet_viz.results.task import Cancelled
from tests import fakes

OFF = GateSettings.of({"layer1.0": 0.0, "layer2.1": 0.0})


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by one entry for each pass that is run."""
    run: list[str] = []

    class Counted(Prober):
        def __init__(self, network: nn.Module, gates: SkipGates) -> None:
            super().__init__(network, gates)
            self.gates = gates

        def probe(self, *asked: Any) -> Pass:
            run.append("all on" if self.gates.settings.all_on else "gated")
            return super().probe(*asked)

    monkeypatch.setattr(session_module, "Prober", Counted)
    return run


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by a network's name each time that weights are loaded."""
    loaded: list[str] = []
    real = session_module.weights.load

    def counted(network, spec, *rest):  # type: ignore[no-untyped-def]
        loaded.append(spec.name)
        return real(network, spec, *rest)

    monkeypatch.setattr(session_module.weights, "load", counted)
    return loaded


@pytest.fixture
def snapshot() -> Snapshot:
    return Snapshot("resnet20", fakes.photo(), weights=WeightsChoice("untrained"), device="cpu")


def test_a_toggled_skip_costs_one_pass(passes: list[str], snapshot: Snapshot) -> None:
    session = Session()
    on = session.run(snapshot)
    assert on.now is on.all_on
    assert passes == ["all on"]
    off = session.run(replace(snapshot, gates=OFF))
    assert passes == ["all on", "gated"]
    assert off.all_on is on.all_on
    assert off.now.target == on.now.target
    assert not np.array_equal(off.now.logits, on.now.logits)
    back = session.run(snapshot)
    assert back.now is on.now
    assert passes == ["all on", "gated"]


def test_closed_skips_alone_give_both_passes(passes: list[str], snapshot: Snapshot) -> None:
    result = Session().run(replace(snapshot, gates=OFF))
    assert passes == ["all on", "gated"]
    assert result.now.target == result.all_on.target == result.all_on.top(1)[0]


def test_target_crop_and_photo_ask_for_new_passes(passes: list[str], snapshot: Snapshot) -> None:
    session = Session()
    first = session.run(snapshot)
    other = (first.now.target + 1) % 10
    second = session.run(replace(snapshot, target=other))
    assert second.now.target == other
    third = session.run(replace(snapshot, crop=Crop(10, 10, 60)))
    assert third.crop == Crop(10, 10, 60)
    assert not np.array_equal(third.network_input, first.network_input)
    session.run(replace(snapshot, photo=fakes.photo(50, 60)))
    assert passes == ["all on"] * 4


def test_an_instrument_leaves_the_explorers_network_alone(
    passes: list[str], loads: list[str], snapshot: Snapshot
) -> None:
    session = Session()
    on = session.run(snapshot)
    twin = session.subject(replace(snapshot, network="plain20"))
    assert twin.spec.name == "plain20"
    assert loads == ["resnet20", "plain20"]
    off = session.run(replace(snapshot, gates=OFF))
    assert off.all_on is on.all_on
    assert loads == ["resnet20", "plain20"]
    assert passes == ["all on", "gated"]


def test_a_subject_of_the_explorers_network_is_a_copy_of_it(
    loads: list[str], snapshot: Snapshot
) -> None:
    session = Session()
    result = session.run(snapshot)
    subject = session.subject(replace(snapshot, gates=OFF))
    assert loads == ["resnet20"]
    assert subject.weights == result.weights
    with torch.no_grad():
        assert np.array_equal(subject.network(subject.image)[0].numpy(), result.now.logits)
        for parameter in subject.network.parameters():
            parameter.zero_()
    again = session.run(replace(snapshot, target=result.now.target))
    assert np.array_equal(again.now.logits, result.now.logits)


def test_a_subject_needs_no_earlier_pass_and_has_its_own_weights(
    loads: list[str], snapshot: Snapshot
) -> None:
    session = Session()
    trained = replace(snapshot, weights=WeightsChoice())
    assert session.subject(trained).weights.trained
    session.run(trained)
    twin = session.subject(replace(snapshot, network="plain20"))
    assert not twin.weights.trained
    alone = Session().subject(replace(snapshot, network="plain20"))
    with torch.no_grad():
        assert torch.equal(twin.network(twin.image), alone.network(alone.image))


def test_untrained_weights_are_the_same_every_time(snapshot: Snapshot) -> None:
    one, two = Session().run(snapshot), Session().run(snapshot)
    assert np.array_equal(one.now.logits, two.now.logits)
    assert not one.weights.trained


def test_the_structure_is_known_before_the_weights(snapshot: Snapshot) -> None:
    seen: list[str] = []
    session = Session()
    for name in ("resnet20", "resnet20", "plain20"):
        session.run(
            replace(snapshot, network=name),
            structure_known=lambda structure: seen.append(structure.network),
        )
    assert seen == ["resnet20", "plain20"]


def test_a_crop_beyond_the_photo_is_moved_inside(snapshot: Snapshot) -> None:
    result = Session().run(replace(snapshot, crop=Crop(-50, 500, 5000)))
    assert result.crop == Crop(0, 0, 240)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"network": "resnet21"}, "resnet21"),
        ({"target": 10}, "no class 10"),
        ({"gates": GateSettings.of({"layer4.0": 0.0})}, r"layer4\.0"),
    ],
)
def test_what_does_not_exist_is_named(
    snapshot: Snapshot, change: dict[str, object], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        Session().run(replace(snapshot, **change))  # type: ignore[arg-type]


def test_after_a_cancelled_pass_the_next_is_right(snapshot: Snapshot) -> None:
    session = Session()
    wanted = session.run(replace(snapshot, gates=OFF)).now.logits
    with pytest.raises(Cancelled):
        session.run(replace(snapshot, crop=Crop(0, 0, 100)), cancelled=lambda: True)
    assert np.array_equal(session.run(replace(snapshot, gates=OFF)).now.logits, wanted)


def test_input_is_normalised_channel_by_channel() -> None:
    spec = catalog.find("resnet50")
    picture = np.zeros((224, 224, 3), np.uint8)
    picture[..., 1] = 255
    image = as_input(picture, spec)
    assert image.shape == (1, 3, 224, 224)
    wanted = [(value - m) / s for value, m, s in zip((0, 1, 0), spec.mean, spec.std, strict=True)]
    assert image[0, :, 5, 7].tolist() == pytest.approx(wanted)


def test_devices_that_are_not_there_are_named() -> None:
    assert resolve("auto").type == available()[0]
    assert resolve("cpu").type == "cpu"
    with pytest.raises(DeviceError, match="tpu"):
        resolve("tpu")
    for missing in {"cuda", "mps"} - set(available()):
        with pytest.raises(DeviceError, match=f"no {missing.upper()} device.*cpu"):
            resolve(missing)


def stem_gradient(network: str, on: bool = True) -> float:
    """At the stem of an untrained network, with all its skips on or off."""
    photo = gallery.load_sample("chelsea")
    snapshot = Snapshot(network, photo, weights=WeightsChoice("untrained"), device="cpu")
    if not on:
        skips = build_structure(snapshot.spec).skips
        snapshot = replace(snapshot, gates=GateSettings().with_skips(skips, 0.0))
    return Session().run(snapshot).now.blocks[0].gradient_norm


def test_an_untrained_deep_network_is_healthy_with_skips_and_explodes_without() -> None:
    """He 2015 §4.1: with batch norm, gradients are healthy and plain nets do not vanish."""
    assert 0.1 < stem_gradient("resnet110") < 100
    assert stem_gradient("resnet110", on=False) > 1e5
    assert stem_gradient("plain56") > 100


def test_trained_norms_keep_what_they_have_stored(snapshot: Snapshot) -> None:
    session = Session()
    trained = session.run(Snapshot("resnet20", fakes.photo(), device="cpu"))
    by_hand = CATALOG["resnet20"].build()
    weights.load(by_hand, CATALOG["resnet20"], WeightsChoice())
    image = as_input(trained.network_input, CATALOG["resnet20"])
    with torch.inference_mode():
        expected = by_hand(image)[0].numpy()
    np.testing.assert_allclose(trained.now.logits, expected, rtol=1e-4, atol=1e-5)
    state = session.subject(snapshot).network.state_dict()
    assert float(state["bn1.running_mean"].abs().max()) == 0.0
    assert float(state["bn1.running_var"].min()) == 1.0


def test_a_map_of_one_value_is_no_error_before_training() -> None:
    small = Preprocessing(32, (0.5, 0.5, 0.5), (0.5, 0.5, 0.5))
    choice = WeightsChoice("untrained", preprocessing=small)
    result = Session().run(Snapshot("resnet18", fakes.photo(), weights=choice, device="cpu"))
    assert result.now.blocks[-1].activation.shape[1:] == (1, 1)
    assert np.isfinite(result.now.logits).all()
