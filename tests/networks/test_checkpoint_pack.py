"""Every kind of the pack opens in the program as its author's network, or is refused truly."""

from __future__ import annotations

from pathlib import Path

import pytest
from torch import nn

from resnet_viz.analysis.recognition import recognised
from resnet_viz.networks import weights
from resnet_viz.networks.download import WeightsError
from resnet_viz.networks.own import Own, open_own
from tests import pack

MAKE = pack.load()
NAMES = [] if MAKE is None else MAKE.names()
pytestmark = pytest.mark.skipif(MAKE is None, reason=pack.WHY)

_MEANS = "a mean of 2×2 after an unstrided convolution"
TRUTHS: dict[str, tuple[tuple[str, str], ...]] = {
    "deeplabv3_resnet50": (),
    "places365_wideresnet18": (),
    "resnet18_leaky_relu": (("activation", "leaky ReLU of slope 0.1"),),
    "resnet18_no_maxpool": (("stem", "stride 2 and no pool"),),
    "resnet20_zeros_at_the_end": (("pad", "zeros after"),),
    "resnet50_3x3_stride2": (("stem", "stride 2 and a 3×3 max pool"),),
    "resnet50_stride_on_1x1": (("stride", "on the first 1×1"),),
    "timm_resnetaa50": (("stem", "stride 2 and a mean of 2×2"), ("blur", _MEANS)),
}
"""What names and shapes cannot show of these: the choices that are offered and right, () if it was
guessed right."""


def loaded(own: Own) -> nn.Module:
    """The network that runs: the snapshot's, with the weights chosen."""
    spec = own.spec.adapted(own.weights.classes, own.weights.preprocessing)
    network = spec.build()
    weights.load(network, spec, own.weights)
    return network


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_each_kind_opens_as_its_authors_network_or_is_refused_truly(
    name: str, tmp_path: Path
) -> None:
    kind = MAKE.read(name)
    path = MAKE.make(name, tmp_path)
    refusal = ""
    try:
        own = open_own(path)
    except WeightsError as error:
        refusal = str(error)
    assert not MAKE.marker_of(path).exists()
    if refusal:
        assert pack.may_be_refused(kind), refusal
        assert refusal.startswith(path.name)
        assert pack.says(kind, refusal), refusal
        return
    assert pack.has_to_open(kind) or kind.get("either")
    said = recognised(own).sentence
    if "file can't show" in kind["expect"]:
        assert pack.says(kind, said), said
    network = loaded(own)
    assert own.spec.channels == kind["input"]["channels"]
    assert len(own.weights.labels) == own.spec.adapted(own.weights.classes, None).classes
    if "reference" not in kind:
        return
    x = MAKE.input_for(kind)
    if kind.get("hidden") and TRUTHS[name]:
        assert pack.apart(network, kind, x) > pack.TOLERANCE, "it is guessed right by now"
        network = loaded(open_own(path, choices=TRUTHS[name]))
    assert pack.apart(network, kind, x) < pack.TOLERANCE, said
