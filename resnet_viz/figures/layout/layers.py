"""Where everything at the level of layers lies: a card for each layer of each block.

Pure geometry. Unlike the other levels it is not made to fit a view: text has its ordinary size, and
the view shows a part of it. Only where rows break depends on the view's proportions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from resnet_viz.figures.layout.geometry import (
    LINE,
    Label,
    Point,
    Rect,
    Text,
    shape_text,
    straight,
    transposed,
)
from resnet_viz.figures.layout.layer_text import (
    after,
    details,
    heading,
    is_small,
    kind_text,
)
from resnet_viz.figures.layout.parts import HEAD, Arc, Card, Frame, Layout
from resnet_viz.figures.layout.rows import break_lengths
from resnet_viz.figures.layout.shared import arc_label, around, input_words, main_line
from resnet_viz.networks.structure import Block, Layer, Structure

_PAD, _GAP, _ROW_GAP = 14.0, 20.0, 30.0


def lay_out_layers(structure: Structure, width: float, height: float, text: Text) -> Layout[Frame]:
    """Lay every layer out for a view of the proportions ``width`` : ``height``.

    With ``text.sideways`` layers run from top to bottom, and rows are columns.
    """
    if text.sideways:
        width, height = height, width
    layout = _Build(structure, text).all(width / max(1.0, height))
    return transposed(layout) if text.sideways else layout


class _Build:
    def __init__(self, structure: Structure, text: Text) -> None:
        self.structure, self.text = structure, text
        self.detail = 0.84 * text.size
        layers = [x for b in structure.blocks for x in (*b.layers, *b.shortcut_layers, *after(b))]
        layers += structure.head
        self.sizes = {kind: self._size(kind, layers) for kind in {_kind(x) for x in layers}}
        across = [self._flow(size)[1] for size in self.sizes.values()]
        self.card = max(across)
        # The paths of an inception module lie above each other.
        ways = max(len(block.branches) for block in structure.blocks)
        self.branch = max(self.card, ways * (self.card + 12) - 12)
        second = [self._flow(self.sizes[_kind(x)])[1]
                  for b in structure.blocks for x in b.shortcut_layers]  # fmt: skip
        self.lane = self.low_lane = 2.6 * text.size if structure.skips else 0.0
        self.high_lane = max([self.lane, *(high + 12 for high in second)])
        self.title = 1.7 * text.size
        self.side = min(max(self.card, 6 * text.size), 7.5 * text.size)

    @property
    def deep(self) -> float:
        """A frame's depth in a row with the present lane for skips."""
        return self.title + self.lane + self.branch + 2 * _PAD

    def _size(self, kind: str, layers: Sequence[Layer]) -> tuple[float, float]:
        """Width and height on screen of the cards of one kind."""
        em, size = self.text.em, self.text.size
        wide, lines = 0.0, 0
        for layer in layers:
            if _kind(layer) == kind:
                wide = max(wide, em(heading(layer)) * size)
                wide = max([wide, *(em(line) * self.detail for line in details(layer))])
                lines = max(lines, len(details(layer)))
        return wide + 14, LINE * size + lines * LINE * self.detail + 12

    def _flow(self, size: tuple[float, float]) -> tuple[float, float]:
        """A size on screen as one along and across the main line."""
        return (size[1], size[0]) if self.text.sideways else size

    def all(self, proportion: float) -> Layout[Frame]:
        blocks = [self._measure(block.layers, block) for block in self.structure.blocks]
        lengths = [*blocks, self._measure(self.structure.head, None)]
        start = self.side + 2.5 * _GAP
        breaks = break_lengths(lengths, start, self.deep + _ROW_GAP, 1.6 * _GAP, proportion)
        frames: list[Frame] = []
        y = _ROW_GAP / 2
        widest = 0.0
        for row, (first, last) in enumerate(breaks):
            x = start + _GAP
            # Only rows in which something lies on a skip need much room for it.
            laden = any(block.shortcut_layers for block in self.structure.blocks[first:last])
            self.lane = self.high_lane if laden else self.low_lane
            if row == 0:
                across = y + self.title + self.lane + _PAD + (self.branch - self.side) / 2
                picture = Rect(_GAP, across, self.side, self.side)
            for index in range(first, last):
                frames.append(self._frame(index, x, y, row, lengths[index]))
                x += lengths[index] + 1.6 * _GAP
            widest = max(widest, x)
            y += self.deep + _ROW_GAP
        strips = around(picture, picture.x - 12, picture.right + 12, LINE * self.text.size, 2)
        names = ("Input", input_words(self.structure)[0])
        ends = {frame.row: frame.rect for frame in frames}

        def turn(row: int) -> tuple[float, float, float]:
            return ends[row].right + 0.7 * _GAP, ends[row].bottom + _ROW_GAP / 2, start

        return Layout(
            width=widest + _GAP,
            height=y,
            rows=len(breaks),
            input=picture,
            input_labels=tuple(
                straight(words, strip, self.detail, self.text)
                for words, strip in zip(names, strips, strict=True)
            ),
            parts=tuple(frames),
            edges=main_line(picture, frames, (), 1.2 * _GAP, turn),
            spacing=_GAP,
        )

    def _card_along(self, layer: Layer) -> float:
        return self._flow(self.sizes[_kind(layer)])[0]

    def _measure(self, layers: Sequence[Layer], block: Block | None) -> float:
        """The length of a frame."""
        branch = self._along(layers)
        if block is None:
            return branch + 2 * _PAD
        if block.branches:
            branch = self._along(self._before(block)) + 3 * _GAP
            branch += max(map(self._along, block.branches))
        if block.shortcut_layers:
            second = sum(self._card_along(x) + _GAP for x in block.shortcut_layers) + _GAP
            branch = max(branch, second)
        ends = 2 * _GAP + self._joint if _meets(block) else 0.0
        ends += sum(self._card_along(x) + _GAP for x in after(block))
        return branch + ends + 2 * _PAD + self._output + _GAP

    def _along(self, layers: Sequence[Layer]) -> float:
        """The length of cards in a row."""
        return sum(self._card_along(x) + _GAP for x in layers) - (_GAP if layers else 0.0)

    @staticmethod
    def _before(block: Block) -> tuple[Layer, ...]:
        """The layers before the paths of an inception module part."""
        inside = {layer.name for way in block.branches for layer in way}
        return tuple(layer for layer in block.layers if layer.name not in inside)

    @property
    def _joint(self) -> float:
        return 1.9 * self.text.size

    def _frame(self, index: int, x: float, top: float, row: int, length: float) -> Frame:
        blocks = self.structure.blocks
        rect = Rect(x, top, length, self.deep)
        trunk = rect.y + self.title + self.lane + _PAD + self.branch / 2
        if index == len(blocks):
            cards = self._row(self.structure.head, rect.x + _PAD, trunk)
            lines = _joined(rect.x, [card.rect for card in cards], rect.right, trunk)
            return Frame(
                names=(HEAD,), row=row, rect=rect, entry=Point(rect.x, trunk),
                exit=Point(rect.right, trunk), stage=0, title=self._title(None, rect),
                cards=tuple(cards), lines=tuple(lines),
            )  # fmt: skip
        block = blocks[index]
        left = rect.right - _PAD - self._output
        thumbnail, fill = self._output_places(left, trunk)
        at = left - _GAP - self._along(after(block))
        following = self._row(after(block), at, trunk)
        meet = _meets(block)
        junction = None
        if meet:
            end = at - (_GAP if following else 0.0)
            junction = Rect(end - self._joint, trunk - self._joint / 2, self._joint, self._joint)
        start = rect.x + _PAD + (_GAP if meet else 0.0)
        cards, lines = self._branch(block, rect.x, start, trunk, junction)
        tail = [card.rect for card in following]
        if junction is None:
            # One unbroken row from the frame's edge to its output's picture.
            lines = _joined(rect.x, [*(card.rect for card in cards), *tail], thumbnail.x, trunk)
        else:
            lines += _joined(junction.right, tail, thumbnail.x, trunk)
        leave = Point(rect.right, trunk)
        lines.append((Point(thumbnail.right, trunk), leave))
        arc, second = self._shortcut(block, rect, trunk, junction)
        return Frame(
            names=(block.name,), row=row, rect=rect, entry=Point(rect.x, trunk), exit=leave,
            arc=arc, junction=junction, stage=self.structure.stage_of(block.name),
            title=self._title(block, rect), cards=(*cards, *following, *second),
            thumbnail=thumbnail, fill=fill, lines=tuple(lines),
        )  # fmt: skip

    @property
    def _output(self) -> float:
        """The length of a block's output: its picture and, down a column, its value after it."""
        return self.side + (self._value + 4 if self.text.sideways else 0.0)

    @property
    def _value(self) -> float:
        return 1.5 * self.text.size

    def _output_places(self, left: float, trunk: float) -> tuple[Rect, Rect]:
        """Where the output's picture and its value lie; the picture is on the main line."""
        if self.text.sideways:
            thumbnail = Rect(left, trunk - self.side / 2, self.side, self.side)
            return thumbnail, Rect(thumbnail.right + 4, thumbnail.y, self._value, thumbnail.height)
        upper = trunk - self.card / 2
        side = min(self.side, max(20.0, self.card - self._value - 4))
        thumbnail = Rect(left + (self.side - side) / 2, upper, side, side)
        return thumbnail, Rect(left, upper + self.card - self._value, self.side, self._value)

    def _row(self, layers: Sequence[Layer], x: float, middle: float) -> list[Card]:
        cards = []
        for layer in layers:
            cards.append(self._card(layer, x, middle, False))
            x = cards[-1].rect.right + _GAP
        return cards

    def _branch(
        self, block: Block, left: float, start: float, trunk: float, junction: Rect | None
    ) -> tuple[list[Card], list[tuple[Point, ...]]]:
        """The cards of the branch, or of an inception module's paths, with their lines."""
        end = junction.x if junction else left
        if not block.branches:
            cards = self._row(block.layers, start, trunk)
            return cards, _joined(left, [card.rect for card in cards], end, trunk)
        cards = self._row(self._before(block), start, trunk)
        fork = (cards[-1].rect.right if cards else start - _GAP) + 0.8 * _GAP
        lines = _joined(left, [card.rect for card in cards], fork, trunk)
        goal = junction.centre.x if junction else end
        for number, way in enumerate(block.branches):
            y = trunk + (number - (len(block.branches) - 1) / 2) * (self.card + 12)
            row = self._row(way, fork + 0.8 * _GAP, y)
            joined = _joined(fork, [card.rect for card in row], goal, y)
            joined[0] = (Point(fork, trunk), *joined[0])
            if abs(y - trunk) > 1.0 and junction:
                edge = junction.y if y < trunk else junction.bottom
                joined[-1] = (*joined[-1], Point(goal, edge))
            elif junction:
                joined[-1] = (joined[-1][0], Point(junction.x, y))
            cards += row
            lines += joined
        return cards, lines

    def _shortcut(
        self, block: Block, rect: Rect, trunk: float, junction: Rect | None
    ) -> tuple[Arc | None, list[Card]]:
        """The skip's curve and the cards of what lies on it."""
        if not block.has_skip or junction is None:
            return None, []
        text = self.text
        fork = Point(rect.x + _PAD + 2, trunk)
        lane = rect.y + self.title + self.lane / 2 + 2
        middle = (fork.x + junction.centre.x) / 2
        label = None
        if block.shortcut == "identity":
            label = arc_label("identity", middle, lane, self.detail, 1.0, text)
        second = [
            replace(card, on_shortcut=True)
            for card in self._row(
                block.shortcut_layers, middle - self._along(block.shortcut_layers) / 2, lane
            )
        ]
        end = Point(junction.centre.x, junction.y)
        return Arc(fork, lane, end, self.detail, label), second

    def _title(self, block: Block | None, rect: Rect) -> Label:
        text = self.text
        room = rect.width - 2 * _PAD
        if block is None:
            options = ["head"]
        else:
            shapes = f"{shape_text(block.input_shape)} → {shape_text(block.output_shape)}"
            kind = "" if block.kind == "stem" else f" · {kind_text(block)}"
            options = [f"{block.name}{kind} · {shapes}", f"{block.name} · {shapes}", block.name]
        words = next((w for w in options if text.em(w) * text.size <= room), options[-1])
        wide = text.em(words) * text.size + 4
        return straight(words, Rect(rect.x + _PAD, rect.y + 5, wide, self.title), text.size, text)

    def _card(self, layer: Layer, x: float, middle: float, on_shortcut: bool) -> Card:
        """A card that begins at ``x``, with its middle on a line."""
        text = self.text
        wide, high = self.sizes[_kind(layer)]
        along, across = self._flow((wide, high))
        rect = Rect(x, middle - across / 2, along, across)
        # Lines of text are placed on screen, and turned into coordinates along the main line.
        screen = transposed(rect) if text.sideways else rect
        lines = [(heading(layer), text.size), *((line, self.detail) for line in details(layer))]
        tall = sum(LINE * size for _, size in lines)
        y = screen.centre.y - tall / 2
        labels = []
        for words, size in lines:
            place = Rect(screen.x + 4, y, screen.width - 8, LINE * size)
            labels.append(Label(words, transposed(place) if text.sideways else place, size))
            y += LINE * size
        return Card(layer, rect, labels[0], tuple(labels[1:]), on_shortcut)


def _meets(block: Block) -> bool:
    """True if two paths or more meet in the block."""
    return block.has_skip or bool(block.branches)


def _joined(start: float, boxes: Sequence[Rect], end: float, y: float) -> list[tuple[Point, ...]]:
    """The pieces of a line at ``y`` from ``start`` to ``end`` between ``boxes``."""
    joints = [start, *(edge for box in boxes for edge in (box.x, box.right)), end]
    return [(Point(a, y), Point(b, y)) for a, b in zip(joints[::2], joints[1::2], strict=True)]


def _kind(layer: Layer) -> str:
    return f"small {layer.text}" if is_small(layer) else layer.kind
