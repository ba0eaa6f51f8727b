"""Finds the residual blocks among a file's layers, and reads each of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from resnet_viz.networks.reading.leaves import Leaf, Unreadable, natural

_SHORTCUT = re.compile(
    r"^(down_?sampl\w*|short_?cut\w*|\w*_?short_?cut|conv_?shortcut|skip\w*|proj|projection"
    r"|identity\w*|match\w*|adjust\w*|res_?conv|residual_conv|branch1|sc|conv_?sc|expand_identity)$",
    re.IGNORECASE,
)
_SQUEEZE = re.compile(
    r"^(se|se\d|se_?(module|layer|block|unit)\w*|squeeze\w*|excit\w*|attn|ca|fc|fc\d|"
    r"conv_(reduce|expand)|channel_att\w*)$",
    re.IGNORECASE,
)


@dataclass
class RawBlock:
    """A block as the file has it: ``convs`` of the branch in order, their ``norms``, and the rest.

    ``norms`` are one fewer, as many or one more than ``convs``, or none. ``squeeze_after`` counts
    the convolutions before the squeeze-and-excitation.
    """

    name: str
    convs: list[Leaf]
    norms: list[Leaf]
    projection: Leaf | None = None
    projection_norm: Leaf | None = None
    squeeze: tuple[Leaf, Leaf] | None = None
    squeeze_after: int = 0
    norm_first: bool = False
    unknown: list[Leaf] = field(default_factory=list)

    @property
    def went(self) -> int:
        return self.convs[-1].width

    @property
    def bottleneck(self) -> bool:
        return len(self.convs) == 3

    @property
    def stage(self) -> str:
        """The name of what holds it."""
        return self.name.rpartition(".")[0]


class _Node:
    def __init__(self, name: str) -> None:
        self.name = name
        self.children: dict[str, _Node] = {}
        self.leaf: Leaf | None = None

    def leaves(self) -> list[Leaf]:
        own = [self.leaf] if self.leaf is not None else []
        return [*own, *(leaf for child in self.children.values() for leaf in child.leaves())]


def _tree(found: Sequence[Leaf]) -> _Node:
    root = _Node("")
    for leaf in found:
        node = root
        for part in leaf.parts:
            name = f"{node.name}.{part}" if node.name else part
            node = node.children.setdefault(part, _Node(name))
        node.leaf = leaf
    return root


def find_blocks(found: Sequence[Leaf]) -> tuple[list[RawBlock], list[Leaf]]:
    """The residual blocks, in the order of ``found``, and the layers that are in none of them."""
    order = {leaf.name: place for place, leaf in enumerate(found)}
    blocks: list[RawBlock] = []
    _collect(_tree(found), order, blocks)
    _drop_chains(blocks)
    inside = {leaf.name for block in blocks for leaf in _all(block)}
    rest = [leaf for leaf in found if leaf.name not in inside]
    blocks.sort(key=lambda block: min(order[leaf.name] for leaf in _all(block)))
    return blocks, rest


def _all(block: RawBlock) -> list[Leaf]:
    one = [block.projection, block.projection_norm, *(block.squeeze or ())]
    return [*block.convs, *block.norms, *(x for x in one if x is not None), *block.unknown]


def _collect(node: _Node, order: dict[str, int], blocks: list[RawBlock]) -> None:
    while len(node.children) == 1 and node.leaf is None:
        (child,) = node.children.values()
        if not child.name.rpartition(".")[2].isdigit():
            break
        node = child
    block = read_block(node.name, sorted(node.leaves(), key=lambda leaf: order[leaf.name]))
    if block is not None:
        inner = _inner(node, order)
        blocks.append(block if inner is None else inner)
        return
    for child in node.children.values():
        _collect(child, order, blocks)


def _inner(node: _Node, order: dict[str, int]) -> RawBlock | None:
    """The block within ``node`` beside which only norms lie: they follow it and are not its own."""
    for child in node.children.values():
        own = child.leaves()
        others = [leaf for leaf in node.leaves() if leaf not in own]
        if others and all(leaf.kind == "norm" for leaf in others):
            block = read_block(child.name, sorted(own, key=lambda leaf: order[leaf.name]))
            if block is not None:
                return _inner(child, order) or block
    return None


def _relative(leaf: Leaf, name: str) -> tuple[str, ...]:
    return leaf.parts[len(name.split(".")) if name else 0 :]


def read_block(name: str, inside: Sequence[Leaf]) -> RawBlock | None:
    """The block called ``name``, or None if these layers are none."""
    convs = [leaf for leaf in inside if leaf.kind == "conv"]
    if not name or not 2 <= len(convs) <= 6:
        return None
    shortcut = [
        leaf
        for leaf in inside
        if leaf.kind in ("conv", "norm")
        and any(_SHORTCUT.match(part) for part in _relative(leaf, name))
    ]
    shortcut = shortcut if any(leaf.kind == "conv" for leaf in shortcut) else []
    rest = [leaf for leaf in inside if leaf not in shortcut]
    squeeze = _squeeze(name, rest)
    rest = [leaf for leaf in rest if squeeze is None or leaf not in squeeze]
    branch = [leaf for leaf in rest if leaf.kind == "conv"]
    if not shortcut and len(branch) in (3, 4):
        # A projection without a telling name: the convolution that fits beside a whole branch.
        spare = _spare(branch)
        if spare is not None:
            at = rest.index(spare)
            shortcut = [spare]
            after = rest[at + 1 : at + 2]
            norms = [leaf for leaf in rest if leaf.kind == "norm"]
            if len(norms) == len(branch) and after and after[0].kind == "norm":
                shortcut.append(after[0])
            rest = [leaf for leaf in rest if leaf not in shortcut]
            branch = [leaf for leaf in rest if leaf.kind == "conv"]
    if not _is_branch(branch):
        return None
    projections = [leaf for leaf in shortcut if leaf.kind == "conv"]
    shortcut_norms = [leaf for leaf in shortcut if leaf.kind == "norm"]
    if len(projections) > 1 or len(shortcut_norms) > 1:
        return None
    if any(leaf.width != branch[-1].width for leaf in shortcut):
        return None
    norms = [leaf for leaf in rest if leaf.kind == "norm"]
    return RawBlock(
        name,
        branch,
        norms,
        projections[0] if projections else None,
        shortcut_norms[0] if shortcut_norms else None,
        squeeze,
        _place(squeeze, inside, branch),
        bool(norms) and rest.index(norms[0]) < rest.index(branch[0]),
        [leaf for leaf in rest if leaf.kind not in ("conv", "norm")],
    )


def _fits(first: Leaf, second: Leaf) -> bool:
    """True if ``second`` can be given what ``first`` gives, in some number of groups."""
    return first.width % second.takes == 0 and second.width % (first.width // second.takes) == 0


def _is_branch(convs: Sequence[Leaf]) -> bool:
    if len(convs) not in (2, 3) or not all(map(_fits, convs, convs[1:])):
        return False
    sides = [max(leaf.shape[2:]) for leaf in convs]
    if len(convs) == 2:
        return sides[0] > 1 and sides[1] > 1
    return sides[0] == 1 and sides[1] > 1 and sides[2] == 1


def _spare(convs: Sequence[Leaf]) -> Leaf | None:
    """The one convolution without which the others are a branch with the same ends as it."""
    found = []
    for leaf in convs:
        others = [one for one in convs if one is not leaf]
        if (
            leaf.shape[2:] == (1, 1)
            and leaf.takes != leaf.width  # or else it may be anything
            and _is_branch(others)
            and leaf.width == others[-1].width
            and leaf.takes == others[0].takes
        ):
            found.append(leaf)
    return found[0] if len(found) == 1 and not _is_branch(convs) else None


def _squeeze(name: str, rest: Sequence[Leaf]) -> tuple[Leaf, Leaf] | None:
    """Two layers next to each other that narrow all channels and widen them again."""
    flat = [
        leaf
        for leaf in rest
        if leaf.kind == "linear" or (leaf.kind == "conv" and leaf.shape[2:] == (1, 1))
    ]
    for first, second in pairwise(flat):
        if first.kind != second.kind or first.width >= first.takes:
            continue
        if (second.takes, second.width) != (first.width, first.takes):
            continue
        named = all(
            any(_SQUEEZE.match(part) for part in _relative(leaf, name)) for leaf in (first, second)
        )
        if named or first.kind == "linear":
            return first, second
    return None


def _place(
    squeeze: tuple[Leaf, Leaf] | None, inside: Sequence[Leaf], branch: Sequence[Leaf]
) -> int:
    """How many convolutions of the branch come before the squeeze, as far as its width fits."""
    if squeeze is None:
        return 0
    width, at = squeeze[0].takes, inside.index(squeeze[0])
    before = sum(inside.index(leaf) < at for leaf in branch)
    if before and branch[before - 1].width == width:
        return before
    fitting = [number for number, leaf in enumerate(branch, start=1) if leaf.width == width]
    return fitting[-1] if fitting else 0


def _drop_chains(blocks: list[RawBlock]) -> None:
    """Take out what looks like blocks but is a chain of convolutions, such as VGG's groups.

    Its convolutions stand by their numbers in one list with nothing else, and no projection or
    squeeze says that there is more to it; or no block at all could add its input to its output.
    """

    def in_a_list(block: RawBlock) -> bool:
        return all(
            len(parts := _relative(leaf, block.name)) == 1 and parts[0].isdigit()
            for leaf in block.convs
        )

    if any(block.projection is not None or block.squeeze is not None for block in blocks):
        return
    if any(len(block.norms) > len(block.convs) for block in blocks):
        return  # a pyramid's, which grow at every block
    same = [block.convs[0].takes == block.went for block in blocks]
    if all(map(in_a_list, blocks)) or not any(same):
        blocks.clear()


def in_order(blocks: list[RawBlock], came: int) -> list[RawBlock]:
    """The blocks as the channels lead through them, from ``came`` on: in their order in the file,
    or by their names where that order does not fit.

    Raises:
        Unreadable: neither order fits; the sentence names the first block that does not.
    """
    wrong = _first_misfit(blocks, came)
    if wrong is None:
        return blocks
    named = sorted(blocks, key=lambda block: natural(block.name))
    if _first_misfit(named, came) is None:
        return named
    block, given = wrong
    raise Unreadable(
        f"{block.convs[0].name} takes {block.convs[0].takes} channels where {given} come; "
        "the order of its blocks is not known"
    )


def _first_misfit(blocks: Sequence[RawBlock], came: int) -> tuple[RawBlock, int] | None:
    for block in blocks:
        first = block.convs[0]
        if came % first.takes or first.width % (came // first.takes):
            return block, came
        if block.projection is not None and came % block.projection.takes:
            return block, came
        came = block.went
    return None
