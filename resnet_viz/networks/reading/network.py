"""Reads a network out of a file's names and shapes, or says in a sentence why that cannot be."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from resnet_viz.networks.architecture import (
    MAX_CLASSES,
    Architecture,
    BlockSpec,
    Conv,
    Norm,
    Order,
    Squeeze,
)
from resnet_viz.networks.reading.assumptions import Evidence, assume
from resnet_viz.networks.reading.blocks import RawBlock, find_blocks, in_order
from resnet_viz.networks.reading.head import Trunk, read_head
from resnet_viz.networks.reading.leaves import (
    Leaf,
    Shaped,
    Unreadable,
    is_sorted,
    leaves,
    natural,
)
from resnet_viz.networks.reading.reading import Reading

MAX_CHANNELS = 16
_DEEPEST_CHAIN = 3  # parts in the names of a plain chain, such as "features.conv.0"


def read_network(
    tensors: Mapping[str, Shaped],
    modules: Mapping[str, object] | None = None,
    evidence: Mapping[str, object] | None = None,
    beside: Collection[str] = (),
) -> Reading:
    """The network that these tensors were made for.

    ``tensors`` are those of one network, in the file's order, and may hold what lies beside it;
    ``modules`` and ``evidence`` what else the file says, ``beside`` the names of its other tensors.

    Raises:
        Unreadable: there is no residual network in them, or something in it is not known.
    """
    found, extras = leaves(tensors)
    blocks, rest = find_blocks(found)
    by_name = is_sorted(list(tensors))
    stem, stem_norms, blocks, rest = _stem(found, blocks, rest, by_name)
    blocks = in_order(blocks, stem[-1].width)
    for block in blocks:
        if block.unknown:
            raise Unreadable(
                f"{_first_tensor(block.unknown[0])} in {block.name} belongs to a layer that is not "
                "known here"
            )
    order = _order(blocks, by_name)
    if by_name and order != "post" and stem[-1].width == blocks[-1].went:
        loose = [one for one in stem_norms if one.parts[:-1] != stem[0].parts[:-1]]
        loose += [one for one in stem_norms if len(one.parts) == len(stem[0].parts) == 1]
        if loose:
            raise Unreadable(
                f"it cannot be told whether {loose[0].name} follows the first convolution or the "
                "last block: both have its width, and the tensors are in the order of the alphabet"
            )
    norm = _norm_kind(blocks, stem_norms)
    stages = _stages(blocks, order)
    specs, names = _specs(stages, stem[-1].width, order)
    stem_convs = tuple(
        Conv(_given(stem, number), leaf.width, leaf.side, 1, leaf.bias, number < len(stem_norms))
        for number, leaf in enumerate(stem)
    )
    architecture = Architecture(
        channels=stem[0].takes,
        stem=stem_convs,
        stages=specs,
        stem_active=order == "post" or len(stem_norms) == len(stem),
        norm=norm,
        order=order,
    )
    for number, leaf in enumerate(stem, start=1):
        names |= _named(f"stem.conv{number}", leaf)
    for number, leaf in enumerate(stem_norms, start=1):
        names |= _named(f"stem.bn{number}", leaf)
    trunk = Trunk(
        found,
        rest,
        blocks,
        tuple(leaf.name for leaf in (*stem, *stem_norms)),
        order,
        by_name,
    )
    head = read_head(trunk)
    for leaf in head.final_norm:
        names |= _named("norm", leaf)
    for number, leaf in enumerate(head.leaves, start=1):
        word = "bn" if leaf.kind == "norm" else "fc"
        names |= _named(f"head.{word}{number}", leaf)
    architecture = replace(
        architecture,
        final_norm=bool(head.final_norm),
        head=head.layers,
        pool=head.pool,
        pool_side=head.pool_side,
    )
    if architecture.outputs > MAX_CLASSES:
        raise Unreadable(
            f"{head.leaves[-1].name} claims {architecture.outputs:,} classes; more than "
            f"{MAX_CLASSES:,} are not opened"
        )
    extras += [name for leaf in head.extras for name in leaf.tensors.values()]
    asked = Evidence(
        tuple(tensors),
        tuple(beside),
        modules or {},
        evidence or {},
        blocks,
        stem,
        head,
        {leaf.name: leaf for leaf in found},
    )
    architecture, assumptions, notes, dialect, preprocessing = assume(architecture, asked)
    return Reading(
        architecture,
        names,
        assumptions,
        tuple(extras),
        notes,
        preprocessing,
        dialect,
    )


def _first_tensor(leaf: Leaf) -> str:
    return next(iter(leaf.tensors.values()))


def _named(canonical: str, leaf: Leaf) -> dict[str, str]:
    return {f"{canonical}.{word}": name for word, name in leaf.tensors.items()}


def _given(convs: Sequence[Leaf], number: int) -> int:
    return convs[number - 1].width if number else convs[0].takes


# --- The stem ----------------------------------------------------------------------------------


def _stem(
    found: Sequence[Leaf], blocks: list[RawBlock], rest: list[Leaf], by_name: bool
) -> tuple[list[Leaf], list[Leaf], list[RawBlock], list[Leaf]]:
    """The stem's convolutions and norms, the blocks after them, and the layers that are left."""
    firsts = [leaf for leaf in rest if leaf.kind == "conv" and leaf.takes <= MAX_CHANNELS]
    if not firsts and blocks and blocks[0].convs[0].takes <= MAX_CHANNELS:
        # A stem of two convolutions in a container looks like a block.
        first, *blocks = blocks
        rest = [*first.convs, *first.norms, *first.unknown, *rest]
        firsts = [leaf for leaf in rest if leaf.kind == "conv" and leaf.takes <= MAX_CHANNELS]
    convs = [leaf for leaf in rest if leaf.kind == "conv"]
    if not blocks:
        flat = all(len(leaf.parts) <= _DEEPEST_CHAIN for leaf in convs)
        if len(convs) > 1 and flat and all(a.width == b.takes for a, b in pairwise(convs)):
            raise Unreadable(
                f"it is a plain chain of {len(convs)} convolutions (as VGG is), without residual "
                "blocks, and no plain network of the list"
            )
        if convs:
            raise Unreadable(
                f"its {len(convs)} convolutions, such as {convs[len(convs) // 2].name}, form no "
                "residual blocks that are known here"
            )
        odd = next((leaf for leaf in rest if len(leaf.shape) > 2), None)
        if odd is not None:
            raise Unreadable(
                f"its layers, such as that of {_first_tensor(odd)}, are of a kind that is not known"
            )
        raise Unreadable("it has no convolutions")
    if not firsts:
        raise Unreadable(
            f"no first convolution was found: {blocks[0].convs[0].name} is given "
            f"{blocks[0].convs[0].takes} channels, and nothing makes them from an image"
        )
    first_conv = min(firsts, key=lambda leaf: leaf.takes)
    enters = blocks[0].convs[0].takes
    holder = _holder(first_conv, blocks)
    opening = {block_leaf.name for block in blocks for block_leaf in block.convs}
    before: set[str] = set()
    for leaf in found:
        if leaf.name in opening:
            break
        before.add(leaf.name)

    def belongs(leaf: Leaf) -> bool:
        inside = bool(holder) and leaf.parts[: len(holder)] == holder
        return inside or (not by_name and leaf.name in before)

    chain = [first_conv]
    for leaf in convs:
        beside = first_conv.width != enters and leaf.parts[:-1] == first_conv.parts[:-1]
        if leaf is first_conv or not (belongs(leaf) or (by_name and beside)):
            continue
        if leaf.takes != chain[-1].width:
            raise Unreadable(
                f"{leaf.name} takes {leaf.takes} channels where {chain[-1].name} gives "
                f"{chain[-1].width}; the order of the first layers is not known"
            )
        chain.append(leaf)
    outer = {first_conv.parts[:depth] for depth in range(len(first_conv.parts) + 1)}
    norms = [
        leaf
        for leaf in rest
        if leaf.kind == "norm"
        and (belongs(leaf) or (by_name and leaf.parts[:-1] in outer))
        and any(leaf.width == conv.width for conv in chain)
    ]
    if by_name:
        norms.sort(key=lambda leaf: (-len(leaf.parts), natural(leaf.name)))
    if len(norms) not in (0, len(chain), len(chain) - 1):
        raise Unreadable(
            f"{len(norms)} norms lie beside the {len(chain)} convolutions of the stem; "
            f"{norms[-1].name} has no known place"
        )
    if any(norm.width != conv.width for norm, conv in zip(norms, chain, strict=False)):
        raise Unreadable(f"{norms[0].name} does not fit {chain[0].name}, the first convolution")
    used = {leaf.name for leaf in (*chain, *norms)}
    return chain, norms, blocks, [leaf for leaf in rest if leaf.name not in used]


def _holder(first: Leaf, blocks: Sequence[RawBlock]) -> tuple[str, ...]:
    """The outermost container of the first convolution that holds no block; () if there is none."""
    for depth in range(1, len(first.parts)):
        path = first.parts[:depth]
        if not any(tuple(block.name.split("."))[:depth] == path for block in blocks):
            return path
    return ()


# --- The blocks --------------------------------------------------------------------------------


def _fits(block: RawBlock, order: Order, came: int) -> bool:
    givens = [came, *(leaf.width for leaf in block.convs[:-1])]
    gives = [leaf.width for leaf in block.convs]
    wanted = {"post": gives, "pre": givens, "pyramid": [*givens, gives[-1]]}[order]
    return [leaf.width for leaf in block.norms] == wanted


def _order(blocks: Sequence[RawBlock], by_name: bool) -> Order:
    """Where the norms stand, as their widths and then their places in the file say.

    Raises:
        Unreadable: they fit no order, or several.
    """
    counts = {len(block.norms) - len(block.convs) for block in blocks}
    if all(not block.norms for block in blocks):
        return "post"
    fitting: list[Order] = []
    for order in ("post", "pre", "pyramid"):
        came = blocks[0].convs[0].takes
        fits = True
        for block in blocks:
            fits = fits and _fits(block, order, came)
            came = block.went
        if fits:
            fitting.append(order)
    if not fitting:
        for block in blocks:
            if not block.norms or len(block.norms) not in (len(block.convs), len(block.convs) + 1):
                what = block.norms[0].name if block.norms else block.convs[0].name
                raise Unreadable(
                    f"{block.name} has {len(block.convs)} convolutions and {len(block.norms)} "
                    f"norms, and it is not known how {what} belongs to them"
                )
        raise Unreadable(
            f"the norms of {blocks[0].name} fit neither what its convolutions are given nor what "
            "they give"
        )
    if len(fitting) == 1:
        return fitting[0]
    assert counts == {0}
    if by_name:
        raise Unreadable(
            "all its blocks are of one width and its tensors in the order of the alphabet, so it "
            "cannot be told whether norms come before convolutions or after them"
        )
    return "pre" if blocks[0].norm_first else "post"


def _norm_kind(blocks: Sequence[RawBlock], stem_norms: Sequence[Leaf]) -> Norm:
    norms = [*stem_norms, *(leaf for block in blocks for leaf in block.norms)]
    norms += [block.projection_norm for block in blocks if block.projection_norm is not None]
    if not norms:
        return "none"
    watched = {leaf.watched for leaf in norms}
    if len(watched) == 2:
        odd = next(leaf for leaf in norms if leaf.watched != norms[0].watched)
        raise Unreadable(f"some of its norms have running statistics and some, such as {odd.name}, "
                         "have none")  # fmt: skip
    plain = next((leaf for leaf in norms if "weight" not in leaf.tensors), None)
    if plain is not None:
        raise Unreadable(f"{plain.name} is a norm without a weight and a bias, which is not known")
    return "batch" if watched == {True} else "group"


def _stages(blocks: Sequence[RawBlock], order: Order) -> list[list[RawBlock]]:
    """A new stage begins where another container holds the blocks, and at a new width: but for
    pyramids, which grow at every block."""
    stages: list[list[RawBlock]] = []
    for number, block in enumerate(blocks):
        before = blocks[number - 1]
        wider = order != "pyramid" and block.went != before.went
        if number == 0 or block.stage != before.stage or wider:
            stages.append([])
        stages[-1].append(block)
    return stages


def _specs(
    stages: Sequence[Sequence[RawBlock]], came: int, order: Order
) -> tuple[tuple[tuple[BlockSpec, ...], ...], dict[str, str]]:
    made: list[tuple[BlockSpec, ...]] = []
    names: dict[str, str] = {}
    for number, stage in enumerate(stages, start=1):
        specs = []
        for place, block in enumerate(stage):
            specs.append(_spec(block, came, order, number > 1 and place == 0))
            path = f"layer{number}.{place}"
            for at, leaf in enumerate(block.convs, start=1):
                names |= _named(f"{path}.conv{at}", leaf)
            for at, leaf in enumerate(block.norms, start=1):
                names |= _named(f"{path}.bn{at}", leaf)
            if block.projection is not None:
                names |= _named(f"{path}.downsample.conv", block.projection)
            if block.projection_norm is not None:
                names |= _named(f"{path}.downsample.norm", block.projection_norm)
            for at, leaf in enumerate(block.squeeze or (), start=1):
                names |= _named(f"{path}.se.fc{at}", leaf)
            came = block.went
        made.append(tuple(specs))
    return tuple(made), names


def _spec(block: RawBlock, came: int, order: Order, begins: bool) -> BlockSpec:
    convs, given = [], came
    for leaf in block.convs:
        convs.append(
            Conv(given, leaf.width, leaf.side, given // leaf.takes, leaf.bias, bool(block.norms))
        )
        given = leaf.width
    projection = None
    if block.projection is not None:
        leaf = block.projection
        projection = Conv(
            came,
            leaf.width,
            leaf.side,
            came // leaf.takes,
            leaf.bias,
            block.projection_norm is not None,
        )
        if leaf.width != block.went:
            raise Unreadable(
                f"{leaf.name} gives {leaf.width} channels where {block.went} are added"
            )
    elif block.projection_norm is not None:
        raise Unreadable(f"{block.projection_norm.name} is a norm on a shortcut without projection")
    elif block.went < came or (block.bottleneck and block.went != came and _widens(block)):
        raise Unreadable(
            f"{block.name} takes {came} channels and gives {block.went}, and has no projection: "
            "nothing can be added"
        )
    squeeze = None
    if block.squeeze is not None:
        first, second = block.squeeze
        if not block.squeeze_after or (order != "post" and block.squeeze_after != len(convs)):
            raise Unreadable(f"it is not known where in {block.name} {first.name} belongs")
        squeeze = Squeeze(
            first.takes,
            first.width,
            block.squeeze_after,
            first.kind == "linear",
            (first.bias, second.bias),
        )
    stride = 2 if begins and (projection is not None or block.went != came) else 1
    return BlockSpec(tuple(convs), stride, projection, squeeze)


def _widens(block: RawBlock) -> bool:
    """True for MobileNet's inverted blocks, whose middle is wider than their ends."""
    return block.convs[1].width > block.went
