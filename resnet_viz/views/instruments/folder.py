"""The folder's panel: a contact sheet, the map of the features, and the nearest neighbours."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace

import numpy as np
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout

from resnet_viz.engine.photo_strip import Answer, PhotoStrip
from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.export.script_folder import folder_script
from resnet_viz.figures import folder
from resnet_viz.figures.figure import Figure
from resnet_viz.figures.numbers import fixed_text
from resnet_viz.figures.table import Table
from resnet_viz.results.folder import (
    METHODS,
    MOST,
    FolderPart,
    FolderPhoto,
    FolderRequest,
    FolderResult,
    Layout,
    LayoutRequest,
)
from resnet_viz.results.result import Result, Snapshot
from resnet_viz.views.instruments.contact_sheet import ContactSheet
from resnet_viz.views.instruments.panel import Panel
from resnet_viz.views.plots.legend import Legend
from resnet_viz.views.plots.plane import PlanePlot, Spot
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.feature import Json, choose
from resnet_viz.views.widgets.plain_text import PlainLabel

NO_PHOTOS = (
    "No folder is open. Open one of photos, best with a folder for each class in it, "
    "or drop it on the window."
)
ALL = "All photos"
WHICH: dict[str, str] = {"all": ALL, "right": "Right", "wrong": "Wrong", "broken": "Not opened"}
NEIGHBOURS = 8
ANY = "Any class"


class FolderPanel(Panel):
    """What the network answers to each photo of a folder, and where its features put it."""

    NAME = "folder"
    SHOWS = (
        "What the network answers to each photo of a folder, and the features after its average "
        "pool as a map (PCA or t-SNE): photos of one class stand together with all skips on, and "
        "the clusters fall apart with all skips off. A click opens a photo in the explorer."
    )
    PAPER = "Donahue et al. 2014, fig. 1; t-SNE: van der Maaten, Hinton 2008"
    ARXIV = "1310.1531"

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self.strip: PhotoStrip | None = None
        self.result: FolderResult | None = None
        self._asked: tuple[str, ...] = ()
        self._paths: tuple[str, ...] = ()
        self._shown: FolderPart | None = None
        self._groups: list[np.ndarray] = []
        self.open = QPushButton("Open a folder…")
        self.which = _box("Which photos are shown", WHICH.items())
        self.kind = _box("Only photos of this class, by label or answer", ((None, ANY),))
        self.method = _box("How the map is drawn", METHODS.items())
        self.options.insertWidget(0, self.open)
        for words, box in (("Show", self.which), ("", self.kind), ("Map", self.method)):
            if words:
                self.options.addWidget(PlainLabel(words))
            self.options.addWidget(box)
        self.options.addStretch(1)
        self.sheet = ContactSheet("Photos of the folder")
        self.sheet.setMinimumSize(140, 120)
        self.on, self.off = (
            PlanePlot("Skips on", legend=False),
            PlanePlot("Skips off", legend=False),
        )
        self.legend = Legend()
        self.near_title, self.near_off_title = PlainLabel(), PlainLabel()
        self.invitation = PlainLabel(NO_PHOTOS)
        self.invitation.setWordWrap(True)
        nearest = "Nearest neighbours of the open photo"
        self.near = ContactSheet(f"{nearest}, skips on", row=True)
        self.near_off = ContactSheet(f"{nearest}, skips off", row=True)
        self._of_maps = (self.on, self.off, self.legend)
        self._of_neighbours = (self.near_title, self.near, self.near_off_title, self.near_off)
        self._lay_out_area()
        self.open.clicked.connect(self._ask)
        self.which.currentIndexChanged.connect(lambda _: self._filter())
        self.kind.currentIndexChanged.connect(lambda _: self._filter())
        self.method.currentIndexChanged.connect(lambda _: self._draw_otherwise())
        for sheet in (self.sheet, self.near, self.near_off):
            sheet.stepped.connect(self._open)
        for plot in (self.on, self.off):
            plot.tell = self._tell
            plot.clicked.connect(lambda series, point: self._open(self._at(series, point).path))
        state.photo_changed.connect(lambda _: self._follow())

    def _lay_out_area(self) -> None:
        maps = QHBoxLayout()
        maps.addWidget(self.on)
        maps.addWidget(self.off)
        right = QVBoxLayout()
        right.addLayout(maps, 1)
        right.addWidget(self.legend)
        beside = QHBoxLayout()
        for title, sheet in ((self.near_title, self.near), (self.near_off_title, self.near_off)):
            title.setWordWrap(True)
            column = QVBoxLayout()
            column.addWidget(title)
            column.addWidget(sheet)
            beside.addLayout(column, 1)
        right.addLayout(beside)
        columns = QHBoxLayout()
        columns.addWidget(self.sheet, 4)
        columns.addLayout(right, 6)
        self.area.addWidget(self.invitation)
        self.area.addLayout(columns, 1)
        for widget in (*self._of_maps, *self._of_neighbours):
            widget.hide()
        self._invite()

    def take_strip(self, strip: PhotoStrip) -> None:
        """Take the photos to step through, which are the folder's."""
        self.strip = strip
        strip.replaced.connect(self._replaced)

    def _invite(self) -> None:
        """Say what to do while no folder is open."""
        self.invitation.setVisible(self._shown is None and not self._of_folder())

    def request(self) -> FolderRequest:
        """The open folder's photos."""
        paths = self._of_folder()
        if not paths:
            raise ValueError(NO_PHOTOS)
        self._asked = paths
        return FolderRequest(self.state.snapshot, paths, self.method.currentData())

    def _of_folder(self) -> tuple[str, ...]:
        return self.strip.paths if self.strip is not None else ()

    def passes(self) -> float | None:
        count = min(len(self._of_folder()), MOST)
        return 0.7 * count if count else None

    def depends_on(self, snapshot: Snapshot) -> Hashable:
        """The open photo changes nothing."""
        return snapshot.network, snapshot.weights

    @property
    def stale(self) -> bool:
        """True also where another folder has been opened since."""
        return super().stale or (self._shown is not None and self._paths != self._of_folder())

    # ---- what is measured

    def show_update(self, update: object) -> None:
        """Take photos as they come, then all of them, then their map."""
        if isinstance(update, FolderPart):
            if update.first == 0:
                self._begin(update)
            self._add(update)
        elif isinstance(update, FolderResult):
            self.result = update
            self._draw()
        else:
            assert isinstance(update, Layout)
            assert self.result is not None
            self.result = self.result.with_layout(update)
            self._draw()

    def _begin(self, part: FolderPart) -> None:
        """The first photos of another folder, or of another network."""
        self.result, self._shown = None, part
        self._invite()
        self._paths = self._asked
        self.sheet.clear_photos()
        for sheet in (self.near, self.near_off):
            sheet.clear_photos()
        self.kind.blockSignals(True)
        self.kind.clear()
        self.kind.addItem(ANY, None)
        self.kind.blockSignals(False)
        for widget in (*self._of_maps, *self._of_neighbours):
            widget.hide()

    def _add(self, part: FolderPart) -> None:
        self._shown = part
        self.sheet.add(part.photos, part.labels)
        self.label(f"{len(self.sheet.photos):,} photos so far.", part.on.snapshot)
        if self.strip is not None:
            known = {
                one.path: Answer(part.labels[one.on.label], one.on.probability)
                for one in part.photos
                if one.on is not None
            }
            of = part.on.snapshot
            self.strip.know(of.network, of.weights, known)
        self._filter()

    def _draw(self) -> None:
        result = self.result
        if result is None:
            return
        self.label(folder.caption(result), result.on.snapshot)
        self._offer_classes(result)
        self._groups = [rows for _, rows in folder.groups(result)]
        charts = folder.charts(result)
        for number, plot in enumerate((self.on, self.off)):
            plot.setVisible(number < len(charts))
            if number < len(charts):
                plot.show_chart(charts[number])
        if charts:
            self.legend.describe(charts[0])
        self._follow()

    def _offer_classes(self, result: FolderResult) -> None:
        chosen = self.kind.currentData()
        given = sorted(
            {one.on.label for one in result.photos if one.on is not None}
            | {one.label for one in result.photos if one.label is not None}
        )
        self.kind.blockSignals(True)
        self.kind.clear()
        self.kind.addItem(ANY, None)
        for label in given:
            self.kind.addItem(result.labels[label], label)
        choose(self.kind, chosen)
        self.kind.blockSignals(False)

    def _draw_otherwise(self) -> None:
        """Another map of what has been measured already; the network need not run again."""
        if self.result is not None and not self.channel.running:
            self.channel.start(LayoutRequest(self.result, self.method.currentData()))

    # ---- the photos

    def _filter(self) -> None:
        which, kind = self.which.currentData(), self.kind.currentData()

        def keep(photo: FolderPhoto) -> bool:
            kinds = {
                "all": True,
                "right": photo.right is True,
                "wrong": photo.right is False,
                "broken": bool(photo.sentence),
            }
            of = {photo.label, photo.on.label if photo.on is not None else None}
            fits = kind is None or kind in of
            return kinds[which] and fits

        self.sheet.filter(keep)

    def _at(self, series: int, point: int) -> FolderPhoto:
        assert self.result is not None
        return self.result.photos[self.result.opened[int(self._groups[series][point])]]

    def _tell(self, series: int, point: int) -> str:
        result, photo = self.result, self._at(series, point)
        if result is None or photo.on is None:
            return photo.name
        lines = [photo.name, f"answer: {result.labels[photo.on.label]}"]
        if photo.label is not None:
            lines.append(f"folder: {result.labels[photo.label]}")
        if photo.off is not None:
            lines.append(f"without skips: {result.labels[photo.off.label]}")
        return "\n".join(lines)

    def _open(self, path: str) -> None:
        """Show a photo in the explorer, by way of the photos to step through."""
        if self.strip is not None and path in self.strip.paths:
            self.strip.go(self.strip.paths.index(path))

    def _follow(self) -> None:
        """Mark the photo that is open, and show its neighbours."""
        path = self.state.snapshot.photo.path or ""
        self.sheet.select(path)
        result = self.result
        if result is None:
            return
        spot = self._spot(path)
        for plot in (self.on, self.off):
            plot.ring(spot)
        name = self.state.snapshot.photo.name
        on, off = (result.neighbours(path, NEIGHBOURS, side) for side in (False, True))
        self._show_near(self.near, on, False)
        self._show_near(self.near_off, off, True)
        self.near_title.setText(folder.neighbours_words(result, name, on, off, False))
        self.near_off_title.setText(folder.neighbours_words(result, name, on, off, True))
        self.near_title.show()
        self.near.setVisible(bool(on))
        two = bool(on) and result.features[1] is not None
        self.near_off_title.setVisible(two)
        self.near_off.setVisible(two and bool(off))

    def _show_near(self, sheet: ContactSheet, found: list[tuple[int, float]], off: bool) -> None:
        assert self.result is not None
        photos = [self.result.photos[place] for place, _ in found]
        sheet.clear_photos()
        sheet.retheme()
        sheet.add(
            [replace(one, on=one.off, off=None) for one in photos] if off else photos,
            self.result.labels,
            [f"cosine {fixed_text(cosine)}" for _, cosine in found],
        )

    def _spot(self, path: str) -> Spot | None:
        result = self.result
        if result is None or result.layout is None or result.layout.without:
            return None
        rows = {result.photos[place].path: row for row, place in enumerate(result.opened)}
        row = rows.get(path)
        for series, group in enumerate(self._groups):
            if row is not None and row in group:
                return series, int(np.flatnonzero(group == row)[0])
        return None

    def _replaced(self) -> None:
        """Another folder is open: measure it if that is quick and it can be seen."""
        self._invite()
        self._mark()
        self._tell_time()
        seconds = self.seconds()
        if self.isVisible() and self.stale and seconds is not None and seconds <= self.SHORT:
            self._measured = None
        self._begun = self.channel.running
        if self.isVisible():
            self._begin_if_short()

    def _ask(self) -> None:
        if self.strip is not None:
            self.strip.folder_asked.emit()

    # ---- what can be exported and kept

    def figures(self) -> tuple[Figure, ...]:
        """The maps on screen."""
        if self.result is None or not folder.charts(self.result):
            return ()
        return (folder.folder(self.result),)

    def script(self, result: Result | None) -> str:
        """That of the answers and the map of principal components."""
        return super().script(None) if self.result is None else folder_script(self.result)

    def table(self) -> Table | None:
        """A row for each photo."""
        return None if self.result is None else folder.table(self.result)

    def choices(self) -> dict[str, Json]:
        return {"show": self.which.currentData(), "map": self.method.currentData()}

    def restore(self, choices: Mapping[str, Json]) -> None:
        choose(self.which, choices.get("show"))
        choose(self.method, choices.get("map"))

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        super().retheme()
        for part in (self.sheet, self.near, self.near_off, self.on, self.off):
            part.retheme()
        for label in (self.near_title, self.near_off_title, self.legend, self.invitation):
            label.setStyleSheet(f"color: {theme.current().muted}")
        self._invite()


def _box(name: str, items: Iterable[tuple[object, str]]) -> QComboBox:
    made = QComboBox()
    for value, text in items:
        made.addItem(text, value)
    made.setAccessibleName(name)
    made.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
    return made
