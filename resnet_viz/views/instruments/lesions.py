"""The lesions' panel: what each block's residual branch is worth, residual over plain."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import cast

from PySide6.QtWidgets import QComboBox, QFileDialog

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.export.script_instruments import lesions_script
from resnet_viz.export.session import file_of, kept_file
from resnet_viz.figures import lesions
from resnet_viz.figures.figure import Chart, Figure
from resnet_viz.results.derived import precomputed_lesions
from resnet_viz.results.lesions import Lesions, LesionsRequest, LesionsResult, Pictures
from resnet_viz.results.result import Result, Snapshot
from resnet_viz.views.help.glossary import LinkedLabel
from resnet_viz.views.instruments.panel import Panel
from resnet_viz.views.plots.plot import Plot
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.feature import Json, kept_of, put_back
from resnet_viz.views.widgets.plain_text import PlainLabel

PICTURES: dict[Pictures, str] = {
    "photo": "This photo",
    "samples": "This photo and the samples",
    "labelled": "Labelled CIFAR-10 images…",
}


class LesionsPanel(Panel):
    """Bars over blocks: the score that is left when the block's residual branch is off."""

    NAME = "lesions"
    SHOWS = (
        "What is left of the prediction when one block's residual branch is switched off and its "
        "skip is not, block by block; in the plain twin the block is left out, and the signal goes "
        "past it through the identity or, where the shape changes, through option A (subsample, "
        "fill with zeros)."
    )
    PAPER = "Veit, Wilber, Belongie 2016 §4.1"
    ARXIV = "1605.06431"

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self.result: LesionsResult | None = None
        self._path = ""
        self._blocks: int | None = None
        self.pictures = QComboBox()
        for pictures, text in PICTURES.items():
            self.pictures.addItem(text, pictures)
        self.quantity = QComboBox()
        for name, text in lesions.QUANTITIES.items():
            self.quantity.addItem(text, name)
        self.pictures.setAccessibleName("Pictures to measure on")
        self.quantity.setAccessibleName("What is shown")
        self.options.addWidget(PlainLabel("On"))
        self.options.addWidget(self.pictures)
        self.options.addWidget(PlainLabel("Show"))
        self.options.addWidget(self.quantity)
        self.options.addStretch(1)
        self.residual, self.plain = Plot("Residual"), Plot("Plain")
        self.no_twin = LinkedLabel()
        self.area.addWidget(self.residual, 1)
        self.area.addWidget(self.plain, 1)
        self.area.addWidget(self.no_twin)
        for plot in (self.residual, self.plain):
            plot.hide()
            plot.clicked.connect(lambda x, plot=plot: self._clicked(plot, x))
        self.no_twin.hide()
        self._kept = {"pictures": self.pictures, "quantity": self.quantity}
        self.pictures.activated.connect(self._chosen)
        self.quantity.currentIndexChanged.connect(lambda _: self._draw())
        state.block_changed.connect(lambda _: self._select())

    def request(self) -> LesionsRequest:
        """The lesions of the network on screen."""
        pictures = cast(Pictures, self.pictures.currentData())
        if pictures == "labelled" and not self._path:
            raise ValueError("Choose a zip file of labelled CIFAR-10 images first")
        return LesionsRequest(self.state.snapshot, pictures, self._path)

    def passes(self) -> float | None:
        if self._blocks is None:
            return None
        pictures = {"photo": 1, "samples": 11, "labelled": 200}[self.pictures.currentData()]
        return 2 * 0.3 * (self._blocks + 1) * (1 if pictures == 1 else 0.5 * pictures)

    def show_update(self, update: object) -> None:
        """Draw the blocks that have been measured so far."""
        assert isinstance(update, LesionsResult)
        self.result = update
        self.label(lesions.lesions_caption(update), update.screen.on.snapshot)
        self._draw()

    def precomputed(self, snapshot: Snapshot) -> LesionsResult | None:
        """The lesions of the networks that come with the program."""
        return precomputed_lesions(snapshot)

    def show_result(self, result: Result) -> None:
        """Count the blocks, by which the time is told."""
        self._blocks = len(result.structure.blocks) - 1

    def depends_on(self, snapshot: Snapshot) -> Hashable:
        """Labelled images do not depend on the photo."""
        if self.result is not None and self.result.labelled:
            return snapshot.network, snapshot.weights
        return super().depends_on(snapshot)

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        super().retheme()
        for plot in (self.residual, self.plain):
            plot.retheme()
        self.no_twin.setStyleSheet(f"color: {theme.current().muted}")

    def _chosen(self, number: int) -> None:
        if self.pictures.itemData(number) != "labelled":
            return
        path, _ = QFileDialog.getOpenFileName(
            self, "Labelled CIFAR-10 images", "", "Zip files (*.zip)"
        )
        self._path = path or self._path
        if not self._path:
            self.pictures.setCurrentIndex(0)

    def figures(self) -> tuple[Figure, ...]:
        """What is on screen."""
        if self.result is None:
            return ()
        return (lesions.lesions(self.result, str(self.quantity.currentData())),)

    def choices(self) -> dict[str, Json]:
        """The pictures with their file, and the quantity."""
        return {**kept_of(self._kept), "path": kept_file(self._path)}

    def restore(self, choices: Mapping[str, Json]) -> None:
        self._path = file_of(choices.get("path")) or self._path
        put_back(self._kept, choices)
        if self.pictures.currentData() == "labelled" and not self._path:
            self.pictures.setCurrentIndex(0)

    def script(self, result: Result | None) -> str:
        """That of the lesions on screen."""
        return super().script(None) if self.result is None else lesions_script(self.result)

    def _draw(self) -> None:
        result = self.result
        if result is None:
            return
        charts = dict(
            zip(
                (one.plain for one in lesions.networks(result)),
                self.figures()[0].panels,
                strict=True,
            )
        )
        for plot, plain in ((self.residual, False), (self.plain, True)):
            chart = charts.get(plain)
            plot.setVisible(chart is not None)
            if isinstance(chart, Chart):
                plot.show_chart(chart)
        self.no_twin.say_plain(result.no_twin)
        self.no_twin.setVisible(bool(result.no_twin))
        self._select()

    def _lesions_of(self, plot: Plot) -> Lesions | None:
        if self.result is None:
            return None
        both, plain = lesions.networks(self.result), plot is self.plain
        return next((one for one in both if one.plain == plain), None)

    def _clicked(self, plot: Plot, number: int) -> None:
        """Select the block in the explorer, if that still shows the network measured here."""
        there = self._lesions_of(plot)
        if there is not None and not self.stale:
            self.state.select_block(there.blocks[number])

    def _select(self) -> None:
        for plot in (self.residual, self.plain):
            one = self._lesions_of(plot)
            there = one is not None and self.state.block in one.blocks
            plot.set_marker(float(one.blocks.index(self.state.block)) if there and one else None)
