"""Where everything at the level of blocks lies: pure geometry, in pixels of the fitted view."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

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
from resnet_viz.figures.layout.parts import BlockBox, Caption, Layout, StagePart
from resnet_viz.figures.layout.plan import (
    INPUT_CELLS,
    MARGIN,
    Plan,
    best_plan,
    drawn_layers,
    head_cells,
    layer_texts,
    layers_in_row,
    slots_of,
)
from resnet_viz.figures.layout.rows import STAGE_GAP_CELLS
from resnet_viz.figures.layout.shared import (
    Option,
    arc_over,
    around,
    class_words,
    head_boxes,
    input_words,
    main_line,
)
from resnet_viz.networks.structure import Block, Layer, Structure


class _Builder:
    """Places slot after slot; what is placed is collected in lists."""

    def __init__(self, structure: Structure, plan: Plan, text: Text) -> None:
        self.structure, self.plan, self.text = structure, plan, text
        self.names = [short_name(block.name) for block in structure.blocks]
        self.layer_count = max(map(layers_in_row, structure.blocks))
        self.layer_style = self._layer_style()
        self.blocks: list[BlockBox] = []
        self.stages: list[StagePart] = []

    def block(self, block: Block, x: float, top: float, row: int) -> None:
        """Place a block whose cell begins at ``x`` in the row that begins at ``top``."""
        plan = self.plan
        y = top + 4 + plan.title + plan.arc
        rect = Rect(x + 1.2 * plan.spacing, y, plan.box_width, plan.box)
        header = self._header(rect)
        name = self._name(block, header)
        title = self._title(name, header)
        alone = replace(title, rect=rect)
        if self.text.sideways:
            parts = [(words, False, self.text.legible) for words in (name, name.split(".")[-1])]
            alone = fit_text(parts, inner(rect, 2, 1), self.text)
        trunk = self.trunk(top)
        heat = Rect(rect.x, rect.bottom + 3, rect.width, plan.heat)
        heat_size = fit_text([("8.8e-88", False, 0.0)], inner(heat, 2, 0), self.text).size
        arc = junction = None
        leave = Point(rect.right, trunk)
        if block.has_skip:
            side = 1.8 * plan.spacing
            junction = Rect(rect.right + 0.6 * plan.spacing, trunk - side / 2, side, side)
            leave = Point(junction.right, trunk)
            size = min(0.85 * self.text.size, 0.62 * plan.arc / LINE)
            size = max(size, min(self.text.legible, 0.8 * plan.arc / LINE))
            roof = rect.y - plan.arc + LINE * size / 2
            fork = Point(x + 0.3 * plan.spacing, trunk)
            arc = arc_over(block, fork, roof, junction, size, self.text)
        entry = Point(rect.x, trunk)
        layers = self._layers(drawn_layers(block.layers), rect, block.kind == "stem")
        ways: tuple[tuple[Point, ...], ...] = ((entry, Point(rect.right, trunk)),)
        if block.branches:
            layers, ways = self._ways(block, rect)
        self.blocks.append(
            BlockBox(
                names=(block.name,), row=row, rect=rect, entry=entry, exit=leave, arc=arc,
                junction=junction, title=title, alone=alone, layers=layers, heat=heat,
                heat_size=heat_size, ways=ways,
            )
        )  # fmt: skip

    def _title(self, name: str, header: Rect) -> Label:
        if self.text.sideways:
            options = [(name, False, 0.75 * self.text.size), (name, True, 0.0)]
            return fit_text(options, header, self.text)
        size = min(self._name_size(header), header.width / self.text.em(name))
        return Label(name, header, size)

    def _name_size(self, area: Rect) -> float:
        """The size at which the longest name in use fits."""
        longest = max(map(self.text.em, self._names_for(area)))
        return min(self.text.size, area.width / longest)

    def _names_for(self, area: Rect) -> list[str]:
        """Names with the stage's number where they fit, else the block's number alone."""
        room = area.height if self.text.sideways else area.width
        if max(map(self.text.em, self.names)) * self.text.legible <= room:
            return self.names
        return [re.split("[._]", name)[-1] for name in self.names[1:]]

    def _name(self, block: Block, area: Rect) -> str:
        name = short_name(block.name)
        return name if name in self._names_for(area) else re.split("[._]", name)[-1]

    def trunk(self, top: float) -> float:
        """The height of the main line of the row that begins at ``top``."""
        rect = Rect(0, top + 4 + self.plan.title + self.plan.arc, 100, self.plan.box)
        return self._layer_area(rect).centre.y

    def _header(self, rect: Rect) -> Rect:
        lines = 2.4 if self.text.sideways else LINE
        height = min(lines * self.text.size + 2, 0.36 * rect.height)
        return Rect(rect.x + 1, rect.y + 1, rect.width - 2, height)

    def _layer_area(self, rect: Rect) -> Rect:
        top = self._header(rect).bottom + 1
        pad = max(2.0, 0.05 * rect.height)
        return Rect(rect.x, top, rect.width, max(1.0, rect.bottom - pad - top))

    def _layer_rects(self, count: int, rect: Rect) -> list[Rect]:
        area = self._layer_area(rect)
        gap = max(1.5, min(0.45 * self.plan.spacing, 0.06 * rect.width))
        width = max(1.0, (area.width - (count + 1) * gap) / count)
        # A single layer is no wider than one of two.
        width = min(width, (area.width - 3 * gap) / 2)
        first = area.centre.x - (count * width + (count - 1) * gap) / 2
        return [Rect(first + i * (width + gap), area.y, width, area.height) for i in range(count)]

    def _layer_style(self) -> tuple[int, float, bool]:
        """Which of a layer's texts to use in all blocks, its size, and whether it is turned."""
        texts = [
            layer_texts(x) for b in self.structure.blocks[1:] for x in drawn_layers(b.layers)
        ] or [("", "", "")]
        rect = Rect(0, 0, self.plan.box_width, self.plan.box)
        area = inner(self._layer_rects(max(1, self.layer_count), rect)[0], 1.0, 1.0)
        longest = [
            max((t[i] for t in texts), key=lambda words: max(map(self.text.em, words.split("\n"))))
            for i in range(3)
        ]
        good, least = 0.8 * self.text.size, self.text.legible
        ways = [(0, False, good), (1, False, good), (2, False, good)]
        ways += [(0, True, least), (1, False, least), (2, False, least), (2, True, least)]
        labels = [
            fit_text([(longest[i], turned, least)], area, self.text) for i, turned, least in ways
        ]
        for (index, turned, enough), label in zip(ways, labels, strict=True):
            if label.size >= enough:
                return index, label.size, turned
        return 2, max(labels[2].size, labels[-1].size), labels[-1].size > labels[2].size

    def _layers(self, layers: Sequence[Layer], rect: Rect, is_stem: bool) -> tuple[Label, ...]:
        index, size, turned = self.layer_style
        placed = []
        for layer, area in zip(layers, self._layer_rects(max(1, len(layers)), rect), strict=False):
            texts = layer_texts(layer)
            options = [(texts[index], turned, 0.0)]
            if is_stem:
                # Its layers are others than the blocks', so they are fitted on their own.
                least = self.text.legible
                options = [(texts[0], False, least), (texts[0], True, least), (texts[2], True, 0)]
            fitted = fit_text(options, inner(area, 1.0, 1.0), self.text)
            most = self.text.size if is_stem else size
            placed.append(Label(fitted.text, area, min(most, fitted.size), fitted.turned))
        return tuple(placed)

    def _ways(
        self, block: Block, rect: Rect
    ) -> tuple[tuple[Label, ...], tuple[tuple[Point, ...], ...]]:
        """The layers of paths that lie side by side, above each other, and their lines."""
        area = self._layer_area(rect)
        count = len(block.branches)
        gap = min(4.0, 0.06 * area.height)
        deep = (area.height - (count - 1) * gap) / count
        left, right = rect.x + 0.07 * rect.width, rect.right - 0.07 * rect.width
        most = max(len(drawn_layers(way)) for way in block.branches)
        wide = (right - left) / most - 0.05 * rect.width
        labels, lines = [], []
        for number, way in enumerate(block.branches):
            layers = drawn_layers(way)
            y = area.y + number * (deep + gap)
            middle = y + deep / 2
            cell = (right - left) / len(layers)
            for at, layer in enumerate(layers):
                place = Rect(left + (at + 0.5) * cell - wide / 2, y, wide, deep)
                label = fit_text([(layer_texts(layer)[2], False, 0.0)], place, self.text)
                labels.append(replace(label, rect=place))
            turn = 0.035 * rect.width
            lines.append(
                (
                    Point(rect.x, area.centre.y),
                    Point(rect.x + turn, middle),
                    Point(rect.right - turn, middle),
                    Point(rect.right, area.centre.y),
                )
            )
        return tuple(labels), tuple(lines)

    def stage(self, number: int, row: int, left: float, right: float, top: float) -> None:
        """Place the background and title of a stage between its first and last cell."""
        plan, text = self.plan, self.text
        pad = min(8.0, 0.12 * plan.cell)
        rect = Rect(left - pad, top, right - left + 2 * pad, plan.height)
        stage = self.structure.stages[number - 1]
        shape = stage.blocks[-1].output_shape
        channels, size = shape[0], shape_text(shape[1:])
        name = f"Stage {number}"
        options = [
            f"{name} · {channels} channels · {size}" if size else f"{name} · {channels} features",
            f"{name} · {shape_text(shape)}",
            name,
            str(number),
        ]
        skips = any(block.has_skip for block in stage.blocks)
        switch_width = 1.9 * plan.title_size if skips else 0.0
        room = rect.width - 10 - switch_width
        words = next((w for w in options if text.em(w) * plan.title_size <= room - 4), options[-1])
        height = plan.title
        area = Rect(
            rect.x + 5, top + 2, switch_width + text.em(words) * plan.title_size + 8, height
        )
        switch = None
        if skips:
            tall = 0.72 * plan.title_size
            switch = Rect(area.x + 2, area.centre.y - tall / 2, 1.45 * plan.title_size, tall)
        self.stages.append(
            StagePart(number, row, rect, straight(words, area, plan.title_size, text), switch)
        )

    def captions(
        self, ends: Sequence[Point], bottoms: Sequence[float], after: float
    ) -> tuple[Caption, ...]:
        """The shape after each block that changes it, below the edge that carries it.

        The stem's is kept to the right of ``after``, where the input's own ends.
        """
        plan, text = self.plan, self.text
        if not plan.caption:
            return ()
        size = max(text.legible, 0.85 * plan.title_size)
        captions: list[Caption] = []
        for block, box, end in zip(self.structure.blocks, self.blocks, ends, strict=True):
            if block.output_shape == block.input_shape:
                continue
            stage = next((s for s in self.stages if s.rect.contains(box.rect)), None)
            left, right = (
                (stage.rect.x + 3, stage.rect.right - 3)
                if stage
                else (max(box.rect.x - 2 * plan.spacing, after), end.x + 0.1 * plan.cell)
            )
            words = shape_text(block.output_shape)
            width = text.em(words) * size + 4
            x = min(max(end.x - width / 2, left), right - width)
            area = Rect(x, bottoms[box.row] - plan.caption - 3, width, plan.caption)
            clear = not any(area.overlaps(other.label.rect) for other in captions)
            if clear and x >= left - 1e-6:
                captions.append(Caption(straight(words, area, size, text), end))
        return tuple(captions)

    def head(self, x: float, top: float) -> tuple[tuple[Label, ...], Label]:
        """The head's boxes and the number of classes below them."""
        plan, text = self.plan, self.text
        least = text.legible
        layers = drawn_layers(self.structure.head)
        good = 0.8 * text.size
        whole = [("global\naverage\npool", False, good), ("global average pool", True, good)]
        whole += [("avg pool", True, least), ("avg\npool", False, least), ("pool", True, least)]

        def options_of(layer: Layer) -> list[Option]:
            full, lines, short = layer_texts(layer)
            if "pool" not in layer.kind.lower():
                return [(full, False, least), (lines, False, least)]
            if layer.kind == "AdaptiveAvgPool2d" and layer.output_shape[1:] == (1, 1):
                return whole
            return [(full, False, good), (full, True, least), (short, True, least)]

        choices = [options_of(layer) for layer in layers]
        if not any("pool" in layer.kind.lower() for layer in layers):
            choices.insert(0, whole)
        cells = head_cells(self.structure) * plan.cell
        height = 0.92 * plan.box
        room = Rect(x + 1.2 * plan.spacing, self.trunk(top) - height / 2, 0.0, height)
        room = replace(room, width=cells - 2.2 * plan.spacing)
        low = room.bottom + 3
        below = Rect(x - 2, low, cells + 0.6 * MARGIN, top + plan.height - low)
        boxes = head_boxes(choices, room, plan.spacing, text)
        return boxes, self._below(class_words(self.structure), below)

    def _below(self, words: Sequence[str], area: Rect) -> Label:
        """Text at the top of the free ground below the input or the head."""
        if self.text.sideways:
            size = min(self.plan.title_size, area.width / self.text.em(words[0]))
            return Label(words[0], replace(area, height=LINE * size), size, True)
        label = fit_text([(w, False, self.text.legible) for w in words], area, self.text)
        size = min(label.size, self.plan.title_size)
        lines = label.text.count("\n") + 1
        return Label(label.text, Rect(area.x, area.y, area.width, LINE * size * lines), size)

    def input(self, x: float, top: float) -> tuple[Rect, tuple[Label, ...]]:
        """The picture's place, its name above it and its shape below it."""
        plan = self.plan
        wide = INPUT_CELLS * plan.cell
        side = min(wide - 0.8 * plan.spacing, plan.box)
        rect = Rect(
            x + (wide - 0.8 * plan.spacing - side) / 2, self.trunk(top) - side / 2, side, side
        )
        left = x - 0.7 * MARGIN
        right = min(x + wide + plan.spacing, 2 * rect.centre.x - left)
        left = 2 * rect.centre.x - right
        above, below = around(rect, left, right, LINE * plan.title_size, 2)
        below = Rect(left, rect.bottom + 3, right - left, top + plan.height - rect.bottom - 3)
        size = min(above.width / self.text.em("Input"), plan.title_size)
        name = straight("Input", above, size, self.text)
        return rect, (name, self._below(input_words(self.structure), below))


def lay_out(structure: Structure, width: float, height: float, text: Text) -> Layout[BlockBox]:
    """Lay a network out for a view of ``width`` × ``height`` pixels, from left to right.

    With ``text.sideways`` it runs from top to bottom, in columns.

    The number of rows is the one that makes the blocks largest. A view that is too small for any
    text gets the smallest sensible layout, which may be larger than the view.
    """
    width, height = max(width, 240.0), max(height, 120.0)
    if text.sideways:
        width, height = height, width
    slots = slots_of(structure)
    plan = best_plan(slots, width, height, text)
    build = _Builder(structure, plan, text)
    count = len(plan.rows)
    spare = max(0.0, height - 16 - plan.total_height)
    gap = plan.gap + (min(24.0, spare / (count + 1)) if count > 1 else 0.0)
    top = max(0.0, height - count * plan.height - (count - 1) * gap) / 2
    left = (width - max(row.cells for row in plan.rows) * plan.cell) / 2
    rights: list[float] = []
    tops: list[float] = []
    for number, row in enumerate(plan.rows):
        x = left
        starts: dict[int, list[float]] = {}
        for index in range(row.first, row.last):
            slot = slots[index]
            if index > row.first and slot.group != slots[index - 1].group:
                x += STAGE_GAP_CELLS * plan.cell
            wide = slot.cells * plan.cell
            starts.setdefault(slot.group, [x, x])[1] = x + wide
            if slot.block:
                build.block(slot.block, x, top, number)
            elif slot.group == 0:
                picture, input_labels = build.input(x, top)
            else:
                head, classes = build.head(x, top)
            x += wide
        for group, (first, last) in starts.items():
            if group > 0:
                build.stage(group, number, first, last, top)
        rights.append(x + min(8.0, 0.12 * plan.cell))
        tops.append(top)
        top += plan.height + gap
    pad = min(8.0, 0.12 * plan.cell) + 7
    edges = main_line(
        picture,
        build.blocks,
        head,
        plan.spacing,
        lambda row: (rights[row] + 7, tops[row + 1] - gap / 2, left - pad),
    )
    # An edge carries its caption where it leaves the block, before the next one's fork.
    ends = [Point(box.exit.x + 0.15 * plan.spacing, box.exit.y) for box in build.blocks]
    after = input_labels[-1].rect.right + 2
    layout = Layout(
        width=max(width, max(rights) + 10),
        height=max(height, tops[-1] + plan.height + 8),
        rows=count,
        input=picture,
        input_labels=input_labels,
        parts=tuple(build.blocks),
        stages=tuple(build.stages),
        head=head,
        notes=(classes,),
        edges=edges,
        captions=build.captions(ends, [y + plan.height for y in tops], after),
        spacing=plan.spacing,
    )
    return transposed(layout) if text.sideways else layout
