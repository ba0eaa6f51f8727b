"""Where everything at the level of the network lies: stages as bars, repeated blocks folded.

Pure geometry, in pixels of the fitted view, as in He 2015 table 1: each bar says what is in a block
and how often it is repeated. A bar is the higher the larger its maps are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from resnet_viz.figures.layout.geometry import (
    LINE,
    Label,
    Point,
    Rect,
    Text,
    fit_text,
    inner,
    shape_text,
    short_name,
    straight,
    transposed,
)
from resnet_viz.figures.layout.parts import Bar, Fold, Layout, StagePart
from resnet_viz.figures.layout.plan import drawn_layers, layer_texts
from resnet_viz.figures.layout.shared import (
    arc_over,
    around,
    class_words,
    head_boxes,
    input_words,
    main_line,
)
from resnet_viz.figures.numbers import count_text
from resnet_viz.networks.structure import Block, Layer, Shape, Structure

_INPUT, _HEAD, _GAP, _OPENED = 0.8, 0.9, 0.22, 0.42
_MARGIN = 14.0


@dataclass(frozen=True)
class _Group:
    """Equal blocks in a row."""

    stage: int
    blocks: tuple[Block, ...]
    opened: bool

    @property
    def key(self) -> str:
        return self.blocks[0].name

    @property
    def cells(self) -> float:
        return max(1.0, _OPENED * len(self.blocks)) if self.opened else 1.0

    @property
    def bars(self) -> tuple[tuple[Block, ...], ...]:
        return tuple((block,) for block in self.blocks) if self.opened else (self.blocks,)


def _likeness(block: Block) -> tuple[object, ...]:
    """Blocks are equal, and folded, if these are."""
    texts = tuple(layer.text for layer in (*block.layers, *block.shortcut_layers))
    return block.kind, block.combine, block.shortcut, block.input_shape, block.output_shape, texts


def _groups(structure: Structure, opened: frozenset[str]) -> list[_Group]:
    groups = []
    for stage in structure.stages:
        for _, same in groupby(stage.blocks, _likeness):
            blocks = tuple(same)
            groups.append(_Group(stage.number, blocks, blocks[0].name in opened))
    return groups


def lay_out_network(
    structure: Structure, width: float, height: float, text: Text, opened: frozenset[str]
) -> Layout[Bar]:
    """Lay the bars out for a view of ``width`` × ``height`` pixels.

    ``opened`` are the keys of those groups of equal blocks that are not folded. With
    ``text.sideways`` the bars lie above each other, from top to bottom.
    """
    width, height = max(width, 240.0), max(height, 160.0)
    if text.sideways:
        width, height = height, width
    build = _Build(structure, width, height, text, opened)
    layout = build.all()
    return transposed(layout) if text.sideways else layout


class _Build:
    def __init__(
        self, structure: Structure, width: float, height: float, text: Text, opened: frozenset[str]
    ) -> None:
        self.structure, self.text = structure, text
        self.width, self.height = width, height
        self.groups = _groups(structure, opened)
        self.head_layers = drawn_layers(structure.head) or structure.head
        self.head_cells = max(_HEAD, 0.36 * len(self.head_layers))
        gaps = 1 + len(structure.stages)
        cells = _INPUT + 1.0 + sum(group.cells for group in self.groups) + _GAP * gaps
        cells += self.head_cells
        most = (7.0 if text.sideways else 12.0) * text.size
        self.cell = max(14.0, min((width - 2 * _MARGIN) / cells, most))
        self.spacing = min(14.0, max(3.0, 0.1 * self.cell))
        self.left = max(_MARGIN, (width - cells * self.cell) / 2)
        self.title = (6.2 if text.sideways else 1.5) * text.size
        skips = bool(structure.skips)
        self.fold = (3.2 if text.sideways else 1.5) * text.size
        self.arc = min(0.13 * height, 40.0) if skips else 6.0
        most = (30.0 if text.sideways else 16.0) * text.size
        line = (9.5 if text.sideways else LINE) * 0.85 * text.size
        for lines in (1,) if text.sideways else (3, 2, 1):
            # Notes give way where the bars would become too low for what is in them.
            self.note = line * lines
            bottom = self.note + self.fold + 10
            room = height - self.title - self.arc - bottom - 18
            if room > 6.5 * text.legible + 12:
                break
        room = max(30.0, min(room, most))
        self.area = Rect(0, 0, 0, room)
        total = self.title + self.arc + room + bottom + 12
        self.top = max(4.0, (height - total) / 2)
        self.bottom = self.top + total
        self.trunk = self.top + self.title + self.arc + 8 + room / 2
        self.style = self._style()

    def bar_height(self, shape: Shape) -> float:
        """By the side of the maps, on a logarithmic scale."""
        sides = [b.output_shape[1] for b in self.structure.blocks if len(b.output_shape) == 3]
        if len(shape) < 3 or not sides:
            return 0.5 * self.area.height
        steps = math.log2(max(sides) / max(1, shape[1]))
        most = math.log2(max(sides) / max(1, min(sides))) or 1.0
        return self.area.height * (1.0 - 0.42 * steps / most)

    def all(self) -> Layout[Bar]:
        x = self.left
        picture, input_labels = self.input(x)
        x += _INPUT * self.cell
        bars = [self.bar((self.structure.stem,), 0, "stem", x, self.cell)]
        x += self.cell
        notes = [self.notes([self.structure.stem], "stem", Rect(x - self.cell, 0, self.cell, 0))]
        folds: list[Fold] = []
        stages: list[StagePart] = []
        for number, groups in groupby(self.groups, lambda group: group.stage):
            x += _GAP * self.cell
            first = x
            members = list(groups)
            for group in members:
                wide = group.cells * self.cell / len(group.bars)
                start = len(bars)
                for blocks in group.bars:
                    bars.append(self.bar(blocks, number, group.key, x, wide))
                    x += wide
                if len(group.blocks) > 1:
                    folds.append(self.fold_of(group, bars[start:]))
            stages.append(self.stage(number, first, x))
            inside = [block for group in members for block in group.blocks]
            notes.append(self.notes(inside, "", stages[-1].rect))
        x += _GAP * self.cell
        head, classes = self.head(x)
        x += self.head_cells * self.cell
        return Layout(
            width=max(self.width, x + _MARGIN),
            height=max(self.height, self.bottom + 4),
            input=picture,
            input_labels=input_labels,
            parts=tuple(bars),
            stages=tuple(stages),
            folds=tuple(folds),
            head=head,
            notes=(classes, *notes),
            edges=main_line(picture, bars, head, 0.8 * self.spacing, _no_turn),
            spacing=self.spacing,
        )

    def bar(self, blocks: Sequence[Block], stage: int, key: str, x: float, wide: float) -> Bar:
        group = next((g for g in self.groups if g.key == key), None)
        alone = group is not None and group.opened and len(group.blocks) > 1
        block, spacing = blocks[0], min(self.spacing, (0.1 if alone else 0.16) * wide)
        high = self.bar_height(block.output_shape)
        rect = Rect(x + 1.1 * spacing, self.trunk - high / 2, wide - 3.4 * spacing, high)
        if not block.has_skip:
            rect = replace(rect, width=wide - 2.2 * spacing)
        strip = min(1.15 * self.text.size * (2.0 if self.text.sideways else 1.0), 0.2 * high)
        strip = max(6.0, strip)
        low = Rect(rect.x + 3, rect.bottom - strip - 3, rect.width - 6, strip)
        each = low.width / len(blocks)
        gap = 1.0 if each >= 4 else 0.0
        slices = tuple(
            Rect(low.x + i * each, low.y, each - gap, low.height) for i in range(len(blocks))
        )
        arc = junction = None
        leave = Point(rect.right, self.trunk)
        if block.has_skip:
            side = min(1.5 * self.spacing, 1.7 * spacing)
            junction = Rect(rect.right + 0.4 * spacing, self.trunk - side / 2, side, side)
            leave = Point(junction.right, self.trunk)
            size = max(self.text.legible, min(0.8 * self.text.size, 0.5 * self.arc / LINE))
            roof = rect.y - max(0.5 * LINE * size + 3, 0.62 * self.arc)
            fork = Point(x + 0.45 * spacing, self.trunk)
            arc = arc_over(block, fork, roof, junction, size, self.text)
        words = Rect(rect.x + 2, rect.y + 3, rect.width - 4, low.y - rect.y - 5)
        names = tuple(b.name for b in blocks)
        texts = self.texts(block, words, alone)
        return Bar(
            names=names, rect=rect, entry=Point(rect.x, self.trunk), exit=leave, arc=arc,
            junction=junction, key=key, stage=stage, texts=texts, slices=slices,
        )  # fmt: skip

    def texts(self, block: Block, area: Rect, alone: bool) -> tuple[Label, ...]:
        """What is in the block, a line for each layer that is drawn; ``alone`` only its name."""
        least = self.text.legible
        if alone:
            name = short_name(block.name)
            options = [(name, False, 0.8 * self.text.size), (name, True, least)]
            options.append((name.rpartition(".")[2], False, 0.0))
            return (fit_text(options, area, self.text),)
        if block.branches:
            ways = [" · ".join(layer_texts(x)[2] for x in drawn_layers(way))
                    for way in block.branches]  # fmt: skip
            words = "\n".join(ways)
            options = [(words, False, least), (words, True, least), ("inception", True, 0.0)]
            return (fit_text(options, area, self.text),)
        layers: Sequence[Layer] = drawn_layers(block.layers)
        if not layers:
            return ()
        style = 0 if block.kind == "stem" else self.style
        return (self._fitted(layers, area, [style, *range(4)]),)

    def _fitted(self, layers: Sequence[Layer], area: Rect, styles: Sequence[int]) -> Label:
        """The layers' texts in the first of the styles that can be read, else the largest."""
        full = "\n".join(layer_texts(layer)[0] for layer in layers)
        short = "\n".join(layer_texts(layer)[2] for layer in layers)
        ways = [(full, False), (full, True), (short, False), (short, True)]
        if self.text.sideways:
            # Bars are flat then: one line instead of one below the other.
            ways[1::2] = [(words.replace("\n", " · "), False) for words in (full, short)]
        least = self.text.legible
        return fit_text([(*ways[style], least) for style in styles], area, self.text)

    def _style(self) -> int:
        """The first style of text in which all bars that stand for several layers can be read."""
        for style in range(4):
            sizes = []
            for group in self.groups:
                layers = drawn_layers(group.blocks[0].layers)
                if layers and not group.opened:
                    wide = self.cell - 3.4 * min(self.spacing, 0.16 * self.cell) - 4
                    high = 0.8 * self.bar_height(group.blocks[0].output_shape) - 8
                    label = self._fitted(layers, Rect(0, 0, wide, high), [style])
                    sizes.append(label.size)
            if all(size >= self.text.legible for size in sizes):
                return style
        return 2

    def fold_of(self, group: _Group, bars: Sequence[Bar]) -> Fold:
        """Just below the bars it belongs to."""
        low = max(bar.rect.bottom for bar in bars)
        first, last = bars[0].rect, bars[-1].rect
        area = Rect(first.x, low + 4, last.right - first.x, self.fold)
        count = len(group.blocks)
        words = [f"fold ×{count}", f"×{count}", "−"] if group.opened else [f"×{count}"]
        options = [(word, False, 0.8 * self.text.size) for word in words]
        label = fit_text(options, inner(area, 3, 1), self.text)
        return Fold(group.key, count, group.opened, replace(label, rect=area))

    def stage(self, number: int, first: float, last: float) -> StagePart:
        text = self.text
        pad = min(6.0, 0.3 * _GAP * self.cell)
        rect = Rect(first - pad, self.top, last - first + 2 * pad, self.bottom - self.top)
        skips = self.structure.stages[number - 1].skips
        size = min(text.size, self.title / LINE)
        switch_width = 1.9 * size if skips else 0.0
        room = rect.width - 8 - switch_width
        options = [f"Stage {number}", str(number)]
        words = next((w for w in options if text.em(w) * size <= room), "")
        wide = min(rect.width - 4, switch_width + text.em(words) * size + 8)
        area = Rect(rect.x + 3, rect.y + 3, wide, self.title)
        tall = 0.72 * size
        switch = Rect(area.x + 2, area.centre.y - tall / 2, 1.45 * size, tall)
        title = straight(words, area, size, text)
        if text.sideways:
            # The stage's strip is flat, and its title stands at the left, as on any line.
            size = min(size, (rect.width - 4) / LINE)
            area = Rect(rect.x + 2, rect.y + 5, rect.width - 4, self.title)
            title = Label(options[0], area, size)
            tall = min(0.72 * size, area.width)
            switch = Rect(area.centre.x - tall / 2, area.y + 2, tall, 1.45 * size)
        return StagePart(number, 0, rect, title, switch if skips else None)

    def notes(self, blocks: Sequence[Block], name: str, over: Rect) -> Label:
        """The shape, the parameters and the multiply-accumulates, at the stage's bottom."""
        area = Rect(over.x + 3, self.bottom - self.note - 3, over.width - 6, self.note)
        shape = blocks[-1].output_shape
        parameters = sum(block.parameters for block in blocks)
        macs = sum(block.macs for block in blocks)
        size = f"{shape[0]} × {shape_text(shape[1:])}" if len(shape) > 1 else shape_text(shape)
        lines = [size, count_text(parameters, "param."), count_text(macs, "MACs")]
        least = self.text.legible
        shorter = [shape_text(shape), count_text(parameters), count_text(macs)]
        options = [("\n".join(lines), False, least), ("\n".join(lines[:1]), False, least)]
        options += [("\n".join(shorter), False, least), (shape_text(shape), False, least)]
        options += [(f"{shape[0]}×\n{shape_text(shape[1:])}", False, 0.0)]
        if self.note < 2 * LINE * 0.85 * self.text.size and not self.text.sideways:
            options = [("\n".join(lines[:1]), False, least), *options[2:]]
        if name and len(options) > 4:
            options = [(f"{name}\n{words}", turned, size) for words, turned, size in options]
        label = fit_text(options, area, self.text)
        return replace(label, size=min(label.size, 0.85 * self.text.size))

    def input(self, x: float) -> tuple[Rect, tuple[Label, ...]]:
        wide = _INPUT * self.cell - self.spacing
        side = max(8.0, min(wide, self.area.height))
        rect = Rect(x + (wide - side) / 2, self.trunk - side / 2, side, side)
        size, least = 0.85 * self.text.size, self.text.legible
        left, right = max(1.0, rect.x - 0.8 * _MARGIN), rect.right + 0.5 * self.spacing
        deep = size * (LINE if not self.text.sideways else 4.2)
        above, below = around(rect, left, right, deep, 3)
        one, two = input_words(self.structure)
        labels = (
            fit_text([("Input", False, 0.0)], above, self.text),
            fit_text(
                [(one, False, least), (two, False, 0.0)],
                replace(below, height=2 * deep),
                self.text,
            ),
        )
        return rect, tuple(replace(label, size=min(label.size, size)) for label in labels)

    def head(self, x: float) -> tuple[tuple[Label, ...], Label]:
        least, cells = self.text.legible, self.head_cells * self.cell
        choices = []
        for layer in self.head_layers:
            full, lines, short = layer_texts(layer)
            choices.append([(full, False, least), (lines, False, least), (full, True, least),
                            (short, True, 0.0)])  # fmt: skip
        high = 0.5 * self.area.height
        room = Rect(x + 0.8 * self.spacing, self.trunk - high / 2, cells - 1.5 * self.spacing, high)
        below = Rect(x, room.bottom + 4, cells + 0.6 * _MARGIN,
                     (5.5 if self.text.sideways else 2.6) * self.text.size)  # fmt: skip
        one, two, _ = class_words(self.structure)
        label = fit_text([(one, False, least), (two, False, 0.0)], below, self.text)
        label = replace(label, size=min(label.size, 0.85 * self.text.size))
        return head_boxes(choices, room, 0.8 * self.spacing, self.text), label


def _no_turn(row: int) -> tuple[float, float, float]:
    raise AssertionError("all bars lie in one row")
