"""The pyramid: click a place and see what is like it at every stage, skips on and off."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.export.script_maps import pyramid_script
from resnet_viz.figures import backbone
from resnet_viz.figures.figure import Figure
from resnet_viz.figures.table import Table
from resnet_viz.images import overlay
from resnet_viz.images.photo import clamp_crop, default_crop, network_picture
from resnet_viz.results.backbone import Level, Pyramid, PyramidRequest
from resnet_viz.results.result import Result, Snapshot
from resnet_viz.views.backbone.part import Part
from resnet_viz.views.backbone.point_picture import Box, PointPicture
from resnet_viz.views.help.glossary import LinkedLabel
from resnet_viz.views.widgets import theme, zoom
from resnet_viz.views.widgets.feature import Json, choose
from resnet_viz.views.widgets.plain_text import PlainLabel, plain
from resnet_viz.views.widgets.scale_bar import ScaleBar

_SIDE = 512  # pixels of the photo beside the maps
WAITING = "The stages appear once the network has run."


class _Column(QWidget):
    """A stage: its name, its size and its maps."""

    def __init__(self, level: Level) -> None:
        super().__init__()
        self.heading = PlainLabel()
        self.size_text = PlainLabel()
        self.size_text.setWordWrap(True)
        self.size_text.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.maps = [PointPicture() for _ in backbone.sides(level)]
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        rows.addWidget(self.heading)
        rows.addWidget(self.size_text)
        for one in self.maps:
            rows.addWidget(one, 1)
        zoom.offer(self, "", self.heading)
        self.set_level(level)

    def set_level(self, level: Level) -> None:
        """Show another result's stage, which has as many maps."""
        self.level = level
        self.heading.setText(level.title)
        self.size_text.setText(f"{level.size}, stride {level.stride}")
        self.setToolTip(plain(f"The output of {level.block}, the last block of the stage"))
        for one in self.maps:
            one.step = 1 / level.on.shape[2]
        zoom.offer(self, f"Maps of {level.title}")

    def retheme(self) -> None:
        look = theme.current()
        colour = look.colour(f"stage {self.level.number}")
        self.heading.setStyleSheet(
            "QLabel { font-weight: 700; border: none; padding-left: 5px; "
            f"border-left: 6px solid {colour}; }}"
        )
        self.size_text.setStyleSheet(f"color: {look.muted}")
        # The sizes of all stages begin and end at the same heights, so that the maps do too.
        self.size_text.setMinimumHeight(2 * self.size_text.fontMetrics().lineSpacing())


class PyramidPart(Part):
    """The photo with the place that is chosen, and beside it a column for each stage."""

    NAME = "pyramid"

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self.result: Pyramid | None = None
        self.point = (0.5, 0.5)
        self._newest: Snapshot | None = None
        self._asked: Snapshot | None = None
        self.kind = QComboBox()
        self.kind.setAccessibleName("What is drawn of each stage")
        for value, text in backbone.KINDS.items():
            self.kind.addItem(text, value)
        self.sentence = LinkedLabel()
        self.photo = PointPicture("The photo: click a place")
        self.photo.set_words(WAITING)
        self.where = PlainLabel()
        self.where.setWordWrap(True)
        self.scales = {
            name: ScaleBar(theme.colour_map(name)) for name in (backbone.PLAIN, backbone.SIGNED)
        }
        self.columns: list[_Column] = []
        self._arrange()
        self.kind.currentIndexChanged.connect(lambda _: self._draw())
        self.photo.pointed.connect(self._pointed)
        self.channel.updated.connect(self._show)
        self.channel.failed.connect(self._failed)
        self.progress.cancel.clicked.connect(self._cancelled)
        self.retheme()

    def _arrange(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.kind)
        top.addWidget(self.progress, 1)
        for bar in self.scales.values():
            bar.setFixedWidth(bar.fontMetrics().horizontalAdvance("−1.00 1.00 cosine") + 130)
            bar.hide()
            top.addWidget(bar)
        left = QVBoxLayout()
        left.addWidget(self.photo, 1)
        left.addWidget(self.where)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(8)
        self._grid.addLayout(left, 0, 0)
        self._grid.setColumnStretch(0, 3)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.sentence)
        rows.addLayout(top)
        rows.addLayout(self._grid, 1)

    # ---- measuring

    @property
    def settled(self) -> bool:
        return self.result is not None and self.result.on.snapshot == self._newest

    def show_result(self, result: Result) -> None:
        """Ask for the pyramid of what the explorer shows now."""
        self._newest = result.snapshot
        self._ask()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask()

    def _ask(self) -> None:
        if not self.isVisible() or self._newest is None or self._newest == self._asked:
            return
        if self.result is not None and self.result.on.snapshot == self._newest:
            return
        self._asked = self._newest
        request = PyramidRequest(self._newest)
        if self.channel.running:
            self.channel.tell(request)
        else:
            self.channel.start(request)

    def _failed(self, sentence: str) -> None:
        self._asked = None
        self.say(sentence)

    def _cancelled(self) -> None:
        self._asked = None
        self.say("The stages were not measured; choose another photo or network, or this one again")

    # ---- showing

    def _show(self, update: object) -> None:
        assert isinstance(update, Pyramid)
        self.result = update
        self.say("")  # what kept an earlier one from being measured
        self.progress.hide()
        snapshot = update.on.snapshot
        crop = snapshot.crop or default_crop(snapshot.photo, snapshot.spec.crop_fraction)
        seen = network_picture(snapshot.photo, clamp_crop(crop, snapshot.photo), _SIDE)
        self.photo.set_image(theme.to_qimage(seen))
        self.photo.step = 1 / max(level.on.shape[2] for level in update.levels)
        self._lay_out(update)
        self._draw()

    def _lay_out(self, pyramid: Pyramid) -> None:
        """Keep the columns where the next network has as many: one of them may be enlarged."""
        wanted = [len(list(backbone.sides(level))) for level in pyramid.levels]
        if wanted != [len(column.maps) for column in self.columns]:
            for column in self.columns:
                self._grid.removeWidget(column)
                column.hide()
                column.deleteLater()
            self.columns = [_Column(level) for level in pyramid.levels]
            for number, column in enumerate(self.columns, start=1):
                self._grid.addWidget(column, 0, number)
                self._grid.setColumnStretch(number, 2)
                for one in column.maps:
                    one.pointed.connect(self._pointed)
        for column, level in zip(self.columns, pyramid.levels, strict=True):
            column.set_level(level)
            column.retheme()

    def _pointed(self, x: float, y: float) -> None:
        self.point_to(x, y)
        self.edited.emit("place")

    def point_to(self, x: float, y: float) -> None:
        """Choose a place, in shares of the input's sides."""
        self.point = (x, y)
        self._draw()

    def _draw(self) -> None:
        pyramid = self.result
        if pyramid is None:
            return
        look = theme.current()
        boxes = []
        similar = self.kind.currentData() == "similarity"
        maps = backbone.similarities(pyramid, *self.point)
        low, high = backbone.ends(maps)
        table = theme.colour_map(backbone.colours(low))
        for column, values in zip(self.columns, maps, strict=True):
            box = self._box(column.level)
            boxes.append(box)
            for picture, (said, features), cosines in zip(
                column.maps, backbone.sides(column.level), values, strict=True
            ):
                if similar:
                    pixels = overlay.colour(overlay.share(cosines, low, high), table)
                    words = backbone.similarity_words(cosines)
                else:
                    pixels = backbone.painted(features)
                    words = backbone.component_words(features)
                picture.set_title(": ".join(part for part in (said, words) if part))
                picture.setToolTip(f"{column.level.title}, {said or 'no skips'}: {words}")
                if len(pixels) < _SIDE:  # squares as sharp as the stage is coarse
                    pixels = overlay.enlarge(pixels, _SIDE, _SIDE)
                picture.set_image(theme.to_qimage(pixels))
                picture.mark(self.point, ((box[0], look.text),) if similar else ())
        self.photo.mark(self.point, tuple(reversed(boxes)) if similar else tuple(boxes))
        for name, bar in self.scales.items():
            bar.setVisible(similar and name == backbone.colours(low))
            bar.set_range(low, high, backbone.UNIT)
        self.where.setText(
            f"{backbone.place_words(pyramid, *self.point).capitalize()}. The boxes are its place "
            "in each stage, as large as the stride."
        )

    def _box(self, level: Level) -> Box:
        row, column = level.cell(*self.point)
        _, height, width = level.on.shape
        place = QRectF(column / width, row / height, 1 / width, 1 / height)
        return place, theme.current().colour(f"stage {level.number}")

    def retheme(self) -> None:
        look = theme.current()
        self.where.setStyleSheet(f"color: {look.muted}")
        self.sentence.say(
            "Other tasks than naming a photo read a feature pyramid, the end of each stage: fine "
            "places first, then coarse ones that say more. "
            f'<span style="color: {look.muted}">Lin et al. 2017 §3, '
            f'<a style="color: {look.accent}" href="https://arxiv.org/abs/1612.03144">'
            "arXiv:1612.03144</a>.</span>"
        )
        for column in self.columns:
            column.retheme()
        self._draw()

    # ---- keeping

    def figures(self) -> Sequence[Figure]:
        if self.result is None:
            return ()
        return (backbone.pyramid(self.result, self.kind.currentData(), *self.point),)

    def table(self) -> Table | None:
        if self.result is None:
            return None
        return backbone.table(self.result, self.kind.currentData(), *self.point)

    def script(self, result: Result | None) -> str:
        if self.result is None:
            return super().script(None)
        return pyramid_script(self.result, self.kind.currentData(), *self.point)

    def choices(self) -> dict[str, Json]:
        return {"show": self.kind.currentData(), "x": self.point[0], "y": self.point[1]}

    def restore(self, choices: Mapping[str, Json]) -> None:
        choose(self.kind, choices.get("show"))
        x, y = (choices.get(name, now) for name, now in zip("xy", self.point, strict=True))
        if all(isinstance(v, int | float) and 0 <= v < 1 for v in (x, y)):
            self.point_to(float(x), float(y))
