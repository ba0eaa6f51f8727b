"""Figures as short Python scripts that compute their numbers anew, without this program."""

from __future__ import annotations

from resnet_viz.export.script_network import Chosen, built, definitions, has_blocks, odds
from resnet_viz.export.script_parts import NoScript as NoScript
from resnet_viz.export.script_parts import Template, head, network_input, picture
from resnet_viz.networks.gates import GateSettings
from resnet_viz.results.result import Result
from resnet_viz.results.strength import StrengthRequest

TITLES = {
    "gradient-flow": "the gradient's norm at every block",
    "activation-norms": "the activation's norm at every block",
    "skip-share": "the skip's share of each sum",
    "grad-cam": "Grad-CAM",
    "activations": "activations",
    "predictions": "the most probable classes",
    "skip-strength": "gradient and answer while skips are turned down",
}
"""The figures that a script can be written for from a result, by their names, in words."""


def script_of(result: Result, figure: str, block: str = "", channels: tuple[int, ...] = ()) -> str:
    """The script that prints the numbers of a figure, a key of TITLES, of ``result``.

    ``block`` is that of Grad-CAM and of activations, by default the last one; ``channels`` are
    those of activations, by default all.

    Raises:
        NoScript: the figure or the network is none that a script can be written for.
    """
    if figure not in TITLES or figure == "skip-strength":
        raise NoScript(
            "There is no script for this figure; gradient flow, Grad-CAM, activations, "
            "predictions, the skips' strength, lesions, paths, the loss surface and the "
            "laboratory have one"
        )
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
    return _head(result, TITLES[figure]) + _setting(gates, result.now.target) + ends[figure]


def strength_script(result: Result, request: StrengthRequest, target: int) -> str:
    """The script for a sweep of skips' strength; ``result`` is of the same network and photo.

    Raises:
        NoScript: ``result`` is of another, or the network is none that a script can be written for.
    """
    same = ("network", "photo", "crop", "weights")
    if any(getattr(result.snapshot, n) != getattr(request.snapshot, n) for n in same):
        raise NoScript("The photo or the network has changed since; measure again, then copy")
    stages = [stage.blocks[0].name for stage in result.structure.stages]
    text = _head(result, TITLES["skip-strength"]) + _setting(request.gates(1.0), target)
    return text + _SWEEP.format(
        strengths=list(request.strengths), blocks=list(request.blocks), watched=["stem", *stages]
    )


def _head(result: Result, what: str) -> str:
    """The network with its numbers, its input x, and ``run``."""
    snapshot = result.snapshot
    spec = snapshot.spec
    chosen = Chosen(spec, snapshot.weights, result.weights.trained)
    seen, files = picture(snapshot.photo, result.crop, result.network_input)
    needs = files if chosen.file is None else (chosen.file, *files)
    run = _RUN if has_blocks(spec) else _RUN_OF_LAYERS.format(parts=_parts(result))
    return (
        head(f"{what} of {result.structure.title} on {snapshot.photo.name}", needs)
        + definitions(chosen)
        + network_input(spec)
        + f"{built(chosen)}\n{seen}x = as_input(picture[None])\n"
        + run.replace("<<odds>>", odds(spec))
    )


def _parts(result: Result) -> dict[str, str]:
    """The layer at whose output each part ends, for networks without blocks."""
    import torch

    from resnet_viz.networks.parts import parts_of

    with torch.device("meta"):
        network = result.snapshot.spec.build()
    return {part.name: part.module_name for part in parts_of(network)}


def _setting(gates: GateSettings, target: int) -> str:
    return (
        f"SKIPS = {dict(sorted(gates.skips.items()))!r}  # 1 where not named\n"
        f"BRANCHES = {dict(sorted(gates.branches.items()))!r}\nTARGET = {target}\n\n\n"
    )


_RUN = '''

def block_output(block, x, skip, branch_gate):
    """y = after(branch_gate * F(x) + skip * shortcut(x)); also the skip's share of the sum."""
    f = branch_gate * branch(block, x) if branch_gate or not skip else None
    if not skip:
        return after(block, f), 0.0
    s = skip * shortcut(block, x)
    a, b = s.double().norm().item(), 0.0 if f is None else f.double().norm().item()
    return after(block, s if f is None else f + s), a / (a + b) if a + b else float("nan")


def run(skips, branches):
    """One pass forwards, and one backwards from the target's logit."""
    y = stem(net, x).detach().requires_grad_()
    outputs, shares = {"stem": y}, {}
    for name, block in blocks(net).items():
        skip = skips.get(name, 1.0) if net.skips else 0.0
        y, share = block_output(block, y, skip, branches.get(name, 1.0))
        outputs[name] = y
        if net.skips:
            shares[name] = share
    logits = head(net, y)[0]
    found = torch.autograd.grad(
        logits[TARGET], list(outputs.values()), allow_unused=True, materialize_grads=True
    )
    gradients = {name: g[0] for name, g in zip(outputs, found)}
    outputs = {name: a[0].detach() for name, a in outputs.items()}
    odds = <<odds>>
    return {"outputs": outputs, "gradients": gradients, "shares": shares, "odds": odds}


'''

_RUN_OF_LAYERS = Template('''
PARTS = <<parts>>


def run(skips, branches):
    """One pass forwards, and one backwards from the target's logit; it has no skips."""
    outputs = {}

    def keep(name):
        def hook(layer, given, output):
            outputs[name] = output if outputs else output.detach().requires_grad_()
            return outputs[name]

        return hook

    handles = [net.get_submodule(PARTS[n]).register_forward_hook(keep(n)) for n in PARTS]
    logits = net(x)[0]
    for handle in handles:
        handle.remove()
    found = torch.autograd.grad(logits[TARGET], list(outputs.values()))
    gradients = {name: g[0] for name, g in zip(outputs, found)}
    outputs = {name: a[0].detach() for name, a in outputs.items()}
    odds = <<odds>>
    return {"outputs": outputs, "gradients": gradients, "shares": {}, "odds": odds}


''')

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

_SWEEP = Template("""STRENGTHS = <<strengths>>
BLOCKS = <<blocks>>
for s in STRENGTHS:
    found = run({**SKIPS, **dict.fromkeys(BLOCKS, s)}, BRANCHES)
    norms = [found["gradients"][name].double().norm().item() for name in <<watched>>]
    print(s, *norms, found["odds"].max().item(), found["odds"][TARGET].item(), sep="\\t")
""")
