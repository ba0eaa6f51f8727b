"""The lesions' panel: what each block's residual branch is worth, residual over plain."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import cast

from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.figures.series import Bars
from resnet_viz.results.derived import precomputed_lesions
from resnet_viz.results.lesions import Lesions, LesionsRequest, LesionsResult, Pictures, Scores
from resnet_viz.results.result import Result, Snapshot
from resnet_viz.views.help.glossary import LinkedLabel
from resnet_viz.views.instruments.panel import PRECOMPUTED, Panel
from resnet_viz.views.plots.bar_plot import BarPlot
from resnet_viz.views.widgets import theme

PICTURES: dict[Pictures, str] = {
    "photo": "This photo",
    "samples": "This photo and the samples",
    "labelled": "Labelled CIFAR-10 images…",
}
QUANTITIES: dict[str, str] = {
    "probability": "Probability",
    "top1": "Top-1",
    "loss": "Cross-entropy",
}
RESHAPES = "changes the shape: no identity shortcut"


class LesionsPanel(Panel):
    """Bars over blocks: the score that is left when the block's residual branch is off."""

    NAME = "lesions"
    TITLE = "Lesions"
    LINE = "Switch one block's residual branch off and see what is lost"
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
        self._result: LesionsResult | None = None
        self._path = ""
        self.pictures = QComboBox()
        for pictures, text in PICTURES.items():
            self.pictures.addItem(text, pictures)
        self.quantity = QComboBox()
        for name, text in QUANTITIES.items():
            self.quantity.addItem(text, name)
        self.options.addWidget(QLabel("On"))
        self.options.addWidget(self.pictures)
        self.options.addWidget(QLabel("Show"))
        self.options.addWidget(self.quantity)
        self.options.addStretch(1)
        self.residual, self.plain = BarPlot("Residual"), BarPlot("Plain")
        self.no_twin = LinkedLabel()
        self.area.addWidget(self.residual, 1)
        self.area.addWidget(self.plain, 1)
        self.area.addWidget(self.no_twin)
        for plot in (self.residual, self.plain):
            plot.hide()
            plot.clicked.connect(lambda x, plot=plot: self._clicked(plot, x))
        self.no_twin.hide()
        self.pictures.activated.connect(self._chosen)
        self.quantity.currentIndexChanged.connect(lambda _: self._draw())
        state.block_changed.connect(lambda _: self._select())

    def request(self) -> LesionsRequest:
        """The lesions of the network on screen."""
        pictures = cast(Pictures, self.pictures.currentData())
        if pictures == "labelled" and not self._path:
            raise ValueError("Choose a zip file of labelled CIFAR-10 images first")
        return LesionsRequest(self.state.snapshot, pictures, self._path)

    def show_update(self, update: object) -> None:
        """Draw the blocks that have been measured so far."""
        assert isinstance(update, LesionsResult)
        self._result = update
        self.label(describe(update), update.screen.on.snapshot)
        self._draw()

    def precomputed(self, snapshot: Snapshot) -> LesionsResult | None:
        """The lesions of the networks that come with the program."""
        return precomputed_lesions(snapshot)

    def show_result(self, result: Result) -> None:
        """Nothing: lesions are measured only when asked for."""

    def depends_on(self, snapshot: Snapshot) -> Hashable:
        """Labelled images do not depend on the photo."""
        if self._result is not None and self._result.labelled:
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

    def _draw(self) -> None:
        result = self._result
        if result is None:
            return
        shown = [lesions for lesions in (result.screen, result.twin) if lesions is not None]
        quantity = str(self.quantity.currentData())
        # The same scale on both sides of the comparison.
        values = [
            getattr(scores, quantity)
            for lesions in shown
            for scores in (lesions.intact, *lesions.lesioned)
        ]
        top = max([1.0, *(v for v in values if v < float("inf"))]) if quantity == "loss" else 1.0
        for plot, plain in ((self.residual, False), (self.plain, True)):
            there = next((lesions for lesions in shown if lesions.plain == plain), None)
            plot.setVisible(there is not None)
            if there is not None:
                self._draw_one(plot, there, quantity, top, result.labelled)
        self.no_twin.say_plain(result.no_twin)
        self.no_twin.setVisible(bool(result.no_twin))
        self._select()

    def _draw_one(
        self, plot: BarPlot, lesions: Lesions, quantity: str, top: float, labelled: bool
    ) -> None:
        def value(scores: Scores) -> float:
            return float(getattr(scores, quantity))

        plot.title.setText(f"{lesions.on.network}: {_quantity(quantity, lesions.target, labelled)}")
        plot.show_bars(
            [
                Bars(
                    "block left out" if lesions.plain else "residual branch off",
                    [value(scores) for scores in lesions.lesioned],
                    "branch" if lesions.plain else "skip",
                )
            ],
            [name.removeprefix("layer") for name in lesions.blocks],
            top,
            lesions.stages,
            ("intact", value(lesions.intact)),
            (RESHAPES, [n for n, b in enumerate(lesions.blocks) if b in lesions.reshaping]),
        )

    def _lesions_of(self, plot: BarPlot) -> Lesions | None:
        if self._result is None:
            return None
        both = (self._result.screen, self._result.twin)
        plain = plot is self.plain
        return next((one for one in both if one is not None and one.plain == plain), None)

    def _clicked(self, plot: BarPlot, x: float) -> None:
        """Select the block in the explorer, if that still shows the network measured here."""
        lesions, number = self._lesions_of(plot), plot.position(x)
        if lesions is not None and number is not None and not self.stale:
            self.state.select_block(lesions.blocks[number])

    def _select(self) -> None:
        for plot in (self.residual, self.plain):
            lesions = self._lesions_of(plot)
            there = lesions is not None and self.state.block in lesions.blocks
            plot.set_marker(
                float(lesions.blocks.index(self.state.block)) if there and lesions else None
            )


def _quantity(quantity: str, target: str, labelled: bool) -> str:
    of = "the label" if labelled else f"“{target}”" if target else "each photo's intact top class"
    return {
        "probability": f"probability of {of}",
        "top1": f"share of pictures whose top class is {of}",
        "loss": f"cross-entropy of {of}, nats",
    }[quantity]


def describe(result: LesionsResult) -> str:
    """What was measured, on what, and what stands out."""
    networks = [
        f"{one.on.network} ({one.on.weights.title if one.on.weights.trained else 'untrained'})"
        for one in (result.screen, result.twin)
        if one is not None
    ]
    if result.labelled:
        kind = "test images of CIFAR-10" if result.precomputed else "labelled CIFAR-10 images"
        pictures = f"mean over {result.pictures:,} {kind}"
    elif result.pictures > 1:
        pictures = f"mean over {result.pictures} photos"
    else:
        pictures = f"photo “{result.screen.on.snapshot.photo.name}”"
    measured = "Precomputed" if result.precomputed else "Measured"
    text = f"{measured} on {' and '.join(networks)}, {pictures}."
    worst = []
    for one in (result.screen, result.twin):
        if one is not None and one.lesioned and len(one.lesioned) == len(one.blocks):
            number = min(range(len(one.blocks)), key=lambda n: one.lesioned[n].probability)
            left = one.lesioned[number].probability
            if one.intact.probability - left >= 0.01:
                worst.append(
                    f"{one.on.network} misses {one.blocks[number]} most "
                    f"({one.intact.probability:.0%} → {left:.0%})"
                )
    said = f"{text} {'; '.join(worst)}." if worst else text
    return f"{said} {PRECOMPUTED}" if result.precomputed else said
