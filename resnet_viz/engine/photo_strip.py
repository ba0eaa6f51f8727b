"""Several photos to step through: their paths, thumbnails and the network's answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from resnet_viz.engine.loader import Loader
from resnet_viz.engine.state import ExplorerState
from resnet_viz.images.gallery import thumbnail
from resnet_viz.images.photo import Photo, load_photo
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.results.result import Result

SIDE = 96
"""The side of a thumbnail, in pixels."""


@dataclass(frozen=True)
class Answer:
    """What a network with all its skips says of a photo: the class, and its probability."""

    label: str
    probability: float


class PhotoStrip(QObject):
    """The photos that were dropped at once, or are in a folder; no photo, or at least two.

    ``replaced``: there are other photos. ``tile_changed`` carries the place of one whose
    thumbnail or answer has come, or −1 for all. ``moved`` carries the path of the photo to be
    shown; ``folder_asked`` asks the user for another folder. Thumbnails are made elsewhere, one
    after the other.
    """

    replaced = Signal()
    tile_changed = Signal(int)
    moved = Signal(str)
    folder_asked = Signal()

    def __init__(self, state: ExplorerState, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._state = state
        self._paths: tuple[str, ...] = ()
        self._places: dict[str, int] = {}
        self._current = -1
        self._thumbnails: dict[str, np.ndarray] = {}
        self._sentences: dict[str, str] = {}
        self._answers: dict[tuple[str, WeightsChoice, str], Answer] = {}
        self._making = ""
        self._loader = Loader(self)
        self._loader.loaded.connect(self._made)
        self._loader.failed.connect(self._cannot_be_made)
        state.network_changed.connect(lambda: self.tile_changed.emit(-1))
        state.weights_changed.connect(lambda: self.tile_changed.emit(-1))

    @property
    def paths(self) -> tuple[str, ...]:
        return self._paths

    @property
    def current(self) -> int:
        """The place of the photo on show; −1 if there are none."""
        return self._current

    def show_photos(self, paths: Sequence[str | Path]) -> None:
        """Step through other photos, beginning with the first."""
        self._paths = tuple(dict.fromkeys(map(str, paths)))
        self._places = {path: place for place, path in enumerate(self._paths)}
        self._current = -1
        self._thumbnails.clear()
        self._sentences.clear()
        self.replaced.emit()
        self.go(0)
        self._make_next()

    def clear(self) -> None:
        """Forget the photos; the one that is on show stays."""
        if self._paths:
            self._paths, self._current = (), -1
            self._places = {}
            self.replaced.emit()

    def go(self, place: int) -> None:
        """Ask for the photo at ``place``."""
        if 0 <= place < len(self._paths) and place != self._current:
            self._current = place
            self.moved.emit(self._paths[place])

    def thumbnail(self, place: int) -> np.ndarray | None:
        """(SIDE, SIDE, 3) uint8, or None until it is made and where it can't be."""
        return self._thumbnails.get(self._paths[place])

    def sentence(self, place: int) -> str:
        """Why the file cannot be opened, or ""."""
        return self._sentences.get(self._paths[place], "")

    def answer(self, place: int) -> Answer | None:
        """What the network as it is now said of the photo, if it has been shown to it."""
        snapshot = self._state.snapshot
        return self._answers.get((snapshot.network, snapshot.weights, self._paths[place]))

    def remember(self, result: Result) -> None:
        """Keep the network's answer, if ``result`` is on one of the photos."""
        made = result.snapshot
        path = made.photo.path
        # What was cropped by hand is another picture than that which the tile shows.
        if path is None or path not in self._places or made.crop is not None:
            return
        top = result.all_on.top(1)[0]
        self._answers[made.network, made.weights, path] = Answer(
            result.labels[top], float(result.all_on.probabilities[top])
        )
        self.tile_changed.emit(self._places[path])

    def know(self, network: str, weights: WeightsChoice, answers: Mapping[str, Answer]) -> None:
        """Keep what a network answered to several of the photos, by their paths."""
        for path, answer in answers.items():
            self._answers[network, weights, path] = answer
            if path in self._places:
                self.tile_changed.emit(self._places[path])

    def close(self) -> None:
        """Make no more thumbnails."""
        self._loader.close()

    def _make_next(self) -> None:
        known = self._thumbnails.keys() | self._sentences.keys()
        self._making = next((path for path in self._paths if path not in known), "")
        if path := self._making:
            self._loader.load(lambda: _small(path))

    def _made(self, photo: Photo) -> None:
        self._thumbnails[self._making] = photo.pixels
        self._tell()

    def _cannot_be_made(self, sentence: str) -> None:
        self._sentences[self._making] = sentence
        self._tell()

    def _tell(self) -> None:
        if self._making in self._places:
            self.tile_changed.emit(self._places[self._making])
        self._make_next()


def _small(path: str) -> Photo:
    return Photo(path, thumbnail(load_photo(path), SIDE), path)
