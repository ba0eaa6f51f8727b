"""Figures as short Python scripts that compute their numbers anew, without this program."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from resnet_viz.export.script_parts import NoScript as NoScript
from resnet_viz.export.script_parts import Template, tidy
from resnet_viz.export.script_run import beginning, passes
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.cascade import TracePoint
from resnet_viz.results.measured import Measured
from resnet_viz.results.result import Result
from resnet_viz.results.strength import StrengthRequest

TITLES = {
    "gradient-flow": "the gradient's norm at every block",
    "activation-norms": "the activation's norm at every block",
    "skip-share": "the skip's share of each sum",
    "grad-cam": "Grad-CAM",
    "activations": "activations",
    "predictions": "the most probable classes",
}
"""The figures that a script can be written for from a result, by their names, in words."""

WHY_NOT = {
    "backbone-transfer": "its probes are fitted by scikit-learn, which scripts do without",
    "compare-maps": "the script of the instrument Attribution has the maps of each network",
    "downstream": "it comes from a model of torchvision's as it is, whose documentation has one",
    "patches": "it looks through all the photos that are open, which a script cannot carry along",
    "training": "a training run takes minutes, and goes otherwise on every computer",
    "trust": "each measure runs every method hundreds of times, which no few lines can hold",
    "witness": "it is measured on many squares of the sample photos, which a script would have to "
    "hold",
}
"""Why some figures have none, by their names."""


@tidy
def script_of(result: Result, figure: str, block: str = "", channels: tuple[int, ...] = ()) -> str:
    """The script that prints the numbers of a figure, a key of TITLES, of ``result``.

    ``block`` is that of Grad-CAM and of activations, by default the last one; ``channels`` are
    those of activations, by default all.

    Raises:
        NoScript: the figure or the network is none that a script can be written for.
    """
    if figure not in TITLES:
        why = WHY_NOT.get(figure, "no few lines compute it")
        raise NoScript(f"There is no script for this figure: {why}; export its numbers instead")
    block = block or result.now.blocks[-1].name
    gates = result.snapshot.gates
    two = bool(result.structure.skips)
    classes = list(dict.fromkeys(i for run in (result.now, result.all_on) for i in run.top()))
    labels = {index: result.labels[index] for index in classes}
    ends = {
        "gradient-flow": _FLOW if two else _FLOW_ALONE,
        "activation-norms": 'for name, a in run(SKIPS, BRANCHES)["outputs"].items():\n'
        '    print(f"{name}\\t{a.double().norm().item()!r}")\n',
        "skip-share": 'for name, share in run(SKIPS, BRANCHES)["shares"].items():\n'
        '    print(f"{name}\\t{share!r}")\n',
        "grad-cam": _CAM.format(block=repr(block)),
        "activations": _ACTIVATIONS.format(
            block=repr(block), channels=repr(list(channels)) if channels else "range(len(a))"
        ),
        "predictions": _PREDICTIONS.format(labels=labels, two=", all_on" if two else ""),
    }
    return _begun(result, TITLES[figure]) + _setting(gates, result.now.target) + ends[figure]


@tidy
def strength_script(result: Result, request: StrengthRequest, target: int) -> str:
    """The script for a sweep of skips' strength; ``result`` is of the same network and photo.

    Raises:
        NoScript: ``result`` is of another, or the network is none that a script can be written for.
    """
    same = ("network", "photo", "crop", "weights")
    if any(getattr(result.snapshot, n) != getattr(request.snapshot, n) for n in same):
        raise NoScript("The photo or the network has changed since; measure again, then copy")
    stages = [stage.blocks[0].name for stage in result.structure.stages]
    text = _begun(result, "gradient and answer while skips are turned down") + _setting(
        request.gates(1.0), target
    )
    return text + _SWEEP.format(
        strengths=list(request.strengths), blocks=list(request.blocks), watched=["stem", *stages]
    )


@tidy
def cascade_script(result: Result, points: Sequence[TracePoint], gates: GateSettings) -> str:
    """The script for the trace of a cascade that began at ``gates``.

    Raises:
        NoScript: the network is none that a script can be written for.
    """
    points = sorted(points, key=lambda point: point.off)
    text = _begun(result, "skips that go off one by one") + _setting(gates, result.now.target)
    return text + _CASCADE.format(order=[point.block for point in points if point.block])


@tidy
def channels_script(result: Result, block: str, shares: np.ndarray, contrast: bool) -> str:
    """The script that prints each channel's mean activation in a brushed place, and elsewhere.

    ``shares`` is (h, w): how much of each of the block's places is inside. With ``contrast``
    channels are in the order of the difference.

    Raises:
        NoScript: the network is none that a script can be written for.
    """
    inside = [
        f"    ({row}, {column}): {float(shares[row, column])!r},\n"
        for row, column in np.argwhere(shares)
    ]
    text = _begun(result, "which channels see a place") + _setting(
        result.snapshot.gates, result.now.target
    )
    return text + _CHANNELS.format(
        block=repr(block), inside="".join(inside), order="1] - row[2" if contrast else "1"
    )


@tidy
def comparison_script(left: Result, right: Result) -> str:
    """The script that prints the gradient's norm at each block of two networks, one by one.

    Raises:
        NoScript: a network is none that a script can be written for.
    """
    made = ""
    for result in (left, right):
        made += _begun(result, TITLES["gradient-flow"])
        made += _setting(result.snapshot.gates, result.now.target)
        made += f"print({result.structure.title!r})\n{_FLOW_ALONE}\n"
    return made


def _begun(result: Result, what: str) -> str:
    on = Measured(result.snapshot, result.structure.title, result.weights)
    return beginning(on, what) + passes(result.snapshot.spec)


def _setting(gates: GateSettings, target: int) -> str:
    return (
        f"SKIPS = {dict(sorted(gates.skips.items()))!r}  # 1 where not named\n"
        f"BRANCHES = {dict(sorted(gates.branches.items()))!r}\nTARGET = {target}\n\n\n"
    )


_FLOW_ALONE = """for name, g in run(SKIPS, BRANCHES)["gradients"].items():
    print(f"{name}\\t{g.double().norm().item()!r}")
"""

_FLOW = """now, all_on = run(SKIPS, BRANCHES)["gradients"], run({}, {})["gradients"]
for name in now:
    norms = [g[name].double().norm().item() for g in (now, all_on)]
    print(name, *norms, sep="\\t")
"""

_CAM = Template("""# Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391, equations 1 and 2).
found = run(SKIPS, BRANCHES)
a, g = found["outputs"][<<block>>], found["gradients"][<<block>>]
cam = torch.relu((g.mean(dim=(1, 2))[:, None, None] * a).sum(0))
for (row, column), value in np.ndenumerate(cam.numpy()):
    print(row, column, float(value), sep="\\t")
""")

_ACTIVATIONS = Template("""a = run(SKIPS, BRANCHES)["outputs"][<<block>>].numpy()
for channel in <<channels>>:
    for (row, column), value in np.ndenumerate(a[channel]):
        print(f"channel {channel}", row, column, float(value), sep="\\t")
""")

_PREDICTIONS = Template("""LABELS = <<labels>>
now, all_on = run(SKIPS, BRANCHES)["odds"], run({}, {})["odds"]
for number, label in LABELS.items():
    print(label, *(odds[number].item() for odds in (now<<two>>,)), sep="\\t")
""")

_CASCADE = Template("""ORDER = <<order>>
for off in range(len(ORDER) + 1):
    found = run({**SKIPS, **dict.fromkeys(ORDER[:off], 0.0)}, BRANCHES)
    stem_norm = found["gradients"]["stem"].double().norm().item()
    print(off, stem_norm, found["odds"][TARGET].item(), sep="\\t")
""")

_CHANNELS = Template("""# How much of each of the block's places, row and column, is brushed.
BRUSHED = {
<<inside>>}
a = run(SKIPS, BRANCHES)["outputs"][<<block>>].double()
inside = torch.zeros(a.shape[1:]).double()
for place, share in BRUSHED.items():
    inside[place] = share
means = [(a * w).sum(dim=(1, 2)) / w.sum() for w in (inside, 1 - inside)]
rows = [(n, *(mean[n].item() for mean in means)) for n in range(len(a))]
for row in sorted(rows, key=lambda row: -(row[<<order>>])):
    print(*row, sep="\\t")
""")

_SWEEP = Template("""STRENGTHS = <<strengths>>
BLOCKS = <<blocks>>
for s in STRENGTHS:
    found = run({**SKIPS, **dict.fromkeys(BLOCKS, s)}, BRANCHES)
    norms = [found["gradients"][name].double().norm().item() for name in <<watched>>]
    print(s, *norms, found["odds"].max().item(), found["odds"][TARGET].item(), sep="\\t")
""")
