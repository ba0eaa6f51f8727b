"""The keys of the diagram: where they lead, and what they do to what is selected."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

if TYPE_CHECKING:
    from resnet_viz.views.diagram.view import DiagramView


class Keys:
    """Arrows go along the main line and from row to row, at the level of layers from layer to
    layer; other keys do something with what they lead to."""

    def __init__(self, view: DiagramView) -> None:
        self._view = view
        self._deeds: dict[Qt.Key, Callable[[], object]] = {
            Qt.Key.Key_Home: lambda: self._go_to(0),
            Qt.Key.Key_End: lambda: self._go_to(-1),
            Qt.Key.Key_P: view.play,
            Qt.Key.Key_Space: view.toggle_skip,
            Qt.Key.Key_E: view.explain_selected,
            Qt.Key.Key_O: self._fold,
            Qt.Key.Key_Return: self._inwards,
            Qt.Key.Key_Enter: self._inwards,
            Qt.Key.Key_Escape: view.levels.outwards,
            Qt.Key.Key_Plus: view.zoom_in,
            Qt.Key.Key_Equal: view.zoom_in,
            Qt.Key.Key_Minus: view.zoom_out,
        }

    def press(self, key: Qt.Key) -> bool:
        """Do what ``key`` stands for; False if it stands for nothing here."""
        arrows = {
            Qt.Key.Key_Left: (-1, 0),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Up: (0, -1),
            Qt.Key.Key_Down: (0, 1),
        }
        if key in arrows:
            along, across = arrows[key]
            # The main line runs down a column where the layout is turned.
            if self._view.levels.vertical:
                along, across = across, along
            if along:
                self._step(along)
            else:
                self._change_row(across)
            return True
        if key not in self._deeds:
            return False
        self._deeds[key]()
        return True

    def _stops(self) -> list[tuple[str, str]]:
        return self._view.scene.stops() if self._view.scene else []

    def _step(self, step: int) -> None:
        """To the next block or layer, or the one before."""
        stops, (block, layer) = self._stops(), self._view.place
        here = next((x for x in ((block, layer), (block, "")) if x in stops), None)
        if here is None:
            self._go_to([name for name, _ in stops].index(block))
        else:
            self._go_to(min(max(stops.index(here) + step, 0), len(stops) - 1))

    def _change_row(self, step: int) -> None:
        assert self._view.scene is not None
        here = self._view.place[0]
        block = self._view.scene.beside(here, step)
        if block != here:
            self._go_to([name for name, _ in self._stops()].index(block))

    def _go_to(self, at: int) -> None:
        stop = self._stops()[at]
        self._view.select(*stop)
        assert self._view.scene is not None
        self._view.levels.follow(self._view.scene.focus_place(*stop).center())

    def _fold(self) -> None:
        """Open or fold the equal blocks that the selected one belongs to."""
        assert self._view.scene is not None
        key = self._view.scene.fold_of(self._view.selected)
        if key:
            self._view.fold(key)

    def _inwards(self) -> None:
        """A level deeper, or into the convolution."""
        assert self._view.scene is not None
        layer = self._view.place[1]
        if self._view.level != "layers":
            self._view.levels.inwards()
        elif self._view.scene.is_convolution(layer):
            self._view.open_convolution(layer)
