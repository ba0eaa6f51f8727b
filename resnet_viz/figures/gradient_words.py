"""What the gradient flow shows, in words."""

from __future__ import annotations

import math
from dataclasses import replace

from resnet_viz.figures.numbers import number_text, row_of
from resnet_viz.networks import catalog
from resnet_viz.results.result import Result

ROBBED = (
    "This is a trained network robbed of its skips; it was never trained without them, and its "
    "later blocks now get a signal off the distribution that they were trained on."
)
ROBBED_SHORT = "Trained, then robbed of its skips."
PLAIN = "This network was trained without skips."
UNTRAINED = (
    "Untrained: nothing has been learnt. Batch norm uses the statistics of this photo, as it does "
    "in training, of which He 2015 §4.1 speaks."
)
UNTRAINED_SHORT = "Untrained; batch norm uses this photo's statistics."

_ORDERS = 1000.0
"""A ratio from which on orders of magnitude say more than the ratio itself."""


def sentence(result: Result) -> str:
    """What the plot shows, in words: the gradient at the stem, now and with all skips on."""
    now = result.now.blocks[0].gradient_norm
    gates = result.snapshot.gates
    if gates.all_on:
        opening = "All skips are on" if result.structure.skips else "This network has no skips"
        last = result.now.blocks[-1].gradient_norm
        return (
            f"{opening}: the gradient at the stem is {_in_words(now)}, "
            f"at the last block {_in_words(last)}."
        )
    before = result.all_on.blocks[0].gradient_norm
    whole = reference(result)
    verdict = f"{'has vanished to' if row_of(now) == '0' else 'is'} {_in_words(now)}"
    if row_of(now) is not None and row_of(now) == row_of(before):
        return f"At the stem the gradient {verdict}, with {whole} too."
    if row_of(now) is not None or row_of(before) is not None:
        return f"At the stem the gradient {verdict}; with {whole} it is {_in_words(before)}."
    times = max(now, before) / min(now, before)
    if times >= _ORDERS:
        moved = "falls" if now < before else "rises"
        return (
            f"At the stem the gradient {moved} by {math.log10(times):.0f} orders of magnitude: "
            f"from {_in_words(before)} with {whole} to {_in_words(now)}."
        )
    if times < 1.05:
        comparison = "about the same as"
    else:
        comparison = f"{number_text(times)} times {'smaller' if now < before else 'larger'} than"
    return f"At the stem the gradient {verdict}, {comparison} with {whole} ({_in_words(before)})."


def short_sentence(result: Result) -> str:
    """The same where there is little room, with the target in it."""
    target = result.labels[result.now.target]
    now = result.now.blocks[0].gradient_norm
    opening = f"Gradient of “{target}” at the stem: "
    if result.snapshot.gates.all_on:
        last = result.now.blocks[-1].gradient_norm
        return f"{opening}{_in_words(now)}, at the last block {_in_words(last)}."
    before = result.all_on.blocks[0].gradient_norm
    change = ""
    if row_of(now) is None and row_of(before) is None:
        times = max(now, before) / min(now, before)
        if times >= _ORDERS:
            moved = "down" if now < before else "up"
            change = f", {moved} {math.log10(times):.0f} orders of magnitude"
    return f"{opening}{_in_words(before)} → {_in_words(now)}{change}."


def lengthy(result: Result) -> tuple[Result, ...]:
    """The same network as ``result`` with its skips off, where the words are at their longest.

    For views that keep room for them before they are needed.
    """
    gates = result.snapshot.gates.with_skips(result.structure.skips, 0.0)
    made = []
    for norm in (1.2e-15 * result.all_on.blocks[0].gradient_norm, 0.0):
        stem = replace(result.now.blocks[0], gradient_norm=norm)
        now = replace(result.now, blocks=(stem, *result.now.blocks[1:]))
        made.append(replace(result, now=now, snapshot=replace(result.snapshot, gates=gates)))
    return tuple(made)


def reference(result: Result) -> str:
    """What the other curve is measured with."""
    return "all skips and branches on" if result.snapshot.gates.branches else "all skips on"


def remark(result: Result, short: bool = False) -> str:
    """What kind of network the plot is of, where that must be said; rich text with a link.

    A trained network whose skips are not all on was robbed of them, which is not what a network
    trained without them shows: the link, whose address is a network of the catalog, opens its plain
    twin (He 2015 §4.2). On a plain network it leads back. Of an untrained one it says what its
    norms do. "" where there is nothing to say.
    """
    spec = result.snapshot.own_spec
    twin = catalog.twin(spec)
    untrained = ""
    if not result.weights.trained and _has_norm(result):
        untrained = UNTRAINED_SHORT if short else UNTRAINED
    if not result.structure.skips:
        said = PLAIN if result.weights.trained else untrained
        about = ", its twin with skips"
    elif result.weights.trained and result.snapshot.gates.skips:
        said = ROBBED_SHORT if short else ROBBED
        about = ", trained without" if short else ", which was trained without skips"
    else:
        return untrained
    if twin is None:
        return said
    if not twin.embedded:
        about = " (untrained)" if short else f" ({'with' if spec.combine == 'none' else 'without'} "
        about += "" if short else "skips, untrained)"
    link = f"<a href='{twin.name}'>Open {twin.title}</a>{about}."
    return f"{said} {link}".strip()


def _has_norm(result: Result) -> bool:
    layers = (layer for block in result.structure.blocks for layer in block.layers)
    return any(layer.kind == "BatchNorm2d" for layer in layers)


def _in_words(norm: float) -> str:
    row = row_of(norm)
    if row is None:
        return number_text(norm)
    return {"0": "exactly 0 (float32)", "∞": "infinite", "NaN": "not a number"}[row]
