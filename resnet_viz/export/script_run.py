"""A network that runs in a script on the photo on screen: at which strengths of its skips."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from resnet_viz.export.script_network import Chosen, built, definitions, has_blocks, odds
from resnet_viz.export.script_parts import Template, head, network_input, photo_of
from resnet_viz.networks.catalog import NetworkSpec
from resnet_viz.results.measured import Measured


def beginning(on: Measured, what: str, more: Sequence[Path] = ()) -> str:
    """The script's head, the network with its numbers as ``net``, and its input ``x``.

    ``more`` are files that it needs beside its weights and its photo.

    Raises:
        NoScript: the network is none that a script can be written for.
    """
    snapshot = on.snapshot
    chosen = Chosen(snapshot.spec, snapshot.weights, on.weights.trained)
    seen, files = photo_of(snapshot)
    needs = [*files, *more] if chosen.file is None else [chosen.file, *files, *more]
    return (
        head(f"{what} of {on.network} on {snapshot.photo.name}", needs)
        + definitions(chosen)
        + network_input(snapshot.spec)
        + f"{built(chosen)}\n{seen}x = as_input(picture[None])\n"
    )


def over_networks(
    what: str, both: Sequence[Measured], files: Sequence[Path], measure: str, printing: str
) -> str:
    """A script that measures one network, or twins: ``printing`` goes over ``NETS`` by title.

    Raises:
        NoScript: a network is none that a script can be written for.
    """
    chosen = [Chosen(on.snapshot.spec, on.snapshot.weights, on.weights.trained) for on in both]
    kinds = [definitions(one) for one in chosen]
    needs = [*(one.file for one in chosen if one.file is not None), *files]
    begun = head(f"{what} {' and '.join(on.network for on in both)}", needs)
    inputs = network_input(chosen[0].spec)
    if len(set(kinds)) == 1:
        return begun + kinds[0] + inputs + _nets(both, chosen) + measure + printing
    # Twins of different families: what runs the one is replaced by what runs the other.
    made = begun + inputs
    for number, (on, one, kind) in enumerate(zip(both, chosen, kinds, strict=True), start=1):
        made += kind + _nets([on], [one], number) + (measure if number == 1 else "") + printing
    return made


def _nets(both: Sequence[Measured], chosen: Sequence[Chosen], first: int = 1) -> str:
    text = "".join(built(one, f"net{n}") for n, one in enumerate(chosen, start=first))
    pairs = ", ".join(f"{on.network!r}: net{n}" for n, on in enumerate(both, start=first))
    return f"{text}NETS = {{{pairs}}}\n\n"


def passes(spec: NetworkSpec) -> str:
    """The definition of ``run``: a pass forwards and one backwards, with strengths by block."""
    run = _RUN if has_blocks(spec) else _RUN_OF_LAYERS.format(parts=parts(spec))
    return run.replace("<<odds>>", odds(spec))


def forwards(spec: NetworkSpec) -> str:
    """The definition of ``forward``: the logits, with all skips at one strength."""
    return _FORWARD if has_blocks(spec) else _FORWARD_OF_LAYERS.format(parts=parts(spec))


def parts(spec: NetworkSpec) -> dict[str, str]:
    """The layer at whose output each part ends, for networks without blocks."""
    import torch

    from resnet_viz.networks.parts import parts_of

    with torch.device("meta"):
        network = spec.build()
    return {part.name: part.module_name for part in parts_of(network)}


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

_FORWARD = '''

def forward(x, skip=1.0, looked=lambda name, y: y):
    """The logits, all skips at one strength.

    ``looked`` is given what the stem and each block put out, and gives what goes on from there.
    """
    y = looked("stem", stem(net, x))
    for name, block in blocks(net).items():
        f = branch(block, y)
        y = looked(name, after(block, f + skip * shortcut(block, y) if net.skips and skip else f))
    return head(net, y)


'''

_FORWARD_OF_LAYERS = Template('''
PARTS = <<parts>>


def forward(x, skip=1.0, looked=lambda name, y: y):
    """The logits; ``looked`` is given what each part puts out, and gives what goes on."""
    handles = [
        net.get_submodule(layer).register_forward_hook(lambda _, __, y, name=name: looked(name, y))
        for name, layer in PARTS.items()
    ]
    logits = net(x)
    for handle in handles:
        handle.remove()
    return logits


''')
