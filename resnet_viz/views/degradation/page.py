"""The degradation page: He 2015's fig. 6 from the cards of the shipped twins."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path

from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.figures.degradation import (
    DEEP,
    GRADIENT,
    PANELS,
    SHALLOW,
    curves,
    curves_table,
    degradation,
    gradients,
    scale_of,
)
from resnet_viz.figures.degradation_words import (
    caveat,
    collapse_text,
    findings,
    gradients_text,
    seeds_text,
)
from resnet_viz.figures.figure import Figure
from resnet_viz.figures.table import Table
from resnet_viz.networks import catalog
from resnet_viz.networks.cards import CardError, TrainingCard, read_card, read_seeds
from resnet_viz.views.help.glossary import LinkedLabel
from resnet_viz.views.plots.curves_plot import CurvesPlot
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.feature import Json
from resnet_viz.views.widgets.page import Page
from resnet_viz.views.widgets.plain_text import PlainLabel
from resnet_viz.views.widgets.scrolling import put_into


class DegradationPage(Page):
    """Training and test error of Plain-20 and Plain-56, and of ResNet-20 and ResNet-56.

    Below them, where the cards have them, the norms of the gradient in the same epochs. Everything
    is read from the cards of the weights; what is missing is named.
    """

    def __init__(
        self,
        state: ExplorerState,
        worker: Worker,
        say: Callable[[str], None],
        folder: Path | None = None,
    ) -> None:
        super().__init__(state, worker, say)
        self.cards: dict[str, TrainingCard] = {}
        seeds: list[tuple[TrainingCard, TrainingCard]] = []
        missing = []
        for kind in PANELS:
            for depth in (SHALLOW, DEEP):
                spec = catalog.find(f"{kind}{depth}")
                try:
                    card = self.cards[spec.name] = read_card(spec, folder)
                    seeds += [(card, other) for other in read_seeds(spec, folder)]
                except CardError as error:
                    missing.append(f"{str(error)[:1].upper()}{str(error)[1:]}.")
        self.findings = LinkedLabel()
        said = (
            *findings(self.cards, SHALLOW, DEEP),
            seeds_text(seeds),
            gradients_text(self.cards, SHALLOW, DEEP),
        )
        self.findings.say_plain("\n".join(sentence for sentence in said if sentence))
        self.missing = PlainLabel("\n".join(missing))
        self.missing.setWordWrap(True)
        self.error, self.loss = QRadioButton("Error (%)"), QRadioButton("Loss (nats)")
        self.error.setChecked(True)
        self.error.toggled.connect(self._draw)
        self.plots = {kind: CurvesPlot(title) for kind, title in PANELS.items()}
        self.gradients = {
            kind: CurvesPlot(f"{title}, {GRADIENT}") for kind, title in PANELS.items()
        }
        self.buttons: dict[str, QPushButton] = {}
        removed = (collapse_text(card) for card in self.cards.values())
        self.collapse = LinkedLabel()
        self.collapse.say_plain("\n".join(text for text in removed if text))
        self.caveat = LinkedLabel()
        self.caveat.say_plain(caveat(self.cards))
        self._lay_out()
        # Not before they have a place: a widget without one would open a window.
        self.missing.setVisible(bool(missing))
        self.collapse.setVisible(bool(self.collapse.said))
        for plot in self.gradients.values():
            plot.setVisible(any(card.gradient_norms for card in self.cards.values()))
        self.retheme()

    def choices(self) -> dict[str, Json]:
        """Whether errors or losses are shown."""
        return {"shown": "loss" if self.loss.isChecked() else "error"}

    def restore(self, choices: Mapping[str, Json]) -> None:
        if choices.get("shown") in ("loss", "error"):
            (self.loss if choices["shown"] == "loss" else self.error).setChecked(True)

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        look = theme.current()
        self.caveat.setStyleSheet(f"color: {look.muted}")
        self.missing.setStyleSheet(f"color: {look.warning}")
        for plot in self.gradients.values():  # four names, the axis and the title
            plot.setMinimumHeight(round(7.5 * QFontMetrics(self.font()).height()))
        for name, button in self.buttons.items():
            deep = name.endswith(str(DEEP))
            colour = look.branch if name.startswith("plain") else look.skip
            width = round(look.line_width * (1.8 if deep else 0.8))
            button.setStyleSheet(
                f"QPushButton {{ color: {look.text}; background: {look.raised}; padding: 3px 10px; "
                f"border: 1px solid {look.line}; border-left: 8px solid {colour}; "
                f"border-bottom: {max(1, width)}px solid {colour}; }}"
            )
        self._draw()

    def _lay_out(self) -> None:
        inside = QWidget()
        rows = QVBoxLayout(inside)
        rows.setContentsMargins(12, 8, 12, 8)
        rows.setSpacing(6)
        choice = QHBoxLayout()
        choice.addWidget(self.error)
        choice.addWidget(self.loss)
        choice.addStretch(1)
        panels = QHBoxLayout()
        panels.setSpacing(12)
        for kind, plot in self.plots.items():
            column = QVBoxLayout()
            column.addWidget(plot, 3)
            column.addWidget(self.gradients[kind], 2)
            row = QHBoxLayout()
            for depth in (SHALLOW, DEEP):
                row.addWidget(self._button(f"{kind}{depth}"))
            row.addStretch(1)
            column.addLayout(row)
            panels.addLayout(column, 1)
        rows.addWidget(self.findings)
        rows.addWidget(self.missing)
        rows.addLayout(choice)
        rows.addLayout(panels, 1)
        rows.addWidget(self.collapse)
        rows.addWidget(self.caveat)
        area = QScrollArea()
        put_into(area, inside)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)
        for plot in self.plots.values():
            plot.setMinimumHeight(180)

    def _button(self, name: str) -> QPushButton:
        spec = catalog.find(name)
        button = QPushButton(f"Open {spec.title}")
        button.setToolTip(self._figures(name))
        button.clicked.connect(lambda: self.network_asked.emit(name))
        self.buttons[name] = button
        return button

    def _figures(self, name: str) -> str:
        card = self.cards.get(name)
        if card is None:
            return "Its card is missing, so it has no curve here"
        clean = card.train_error_clean
        as_they_are = "" if clean is None else f"; on the training images as they are {clean:.1f} %"
        return (
            f"After {card.epochs} epochs: test error {card.test_error[-1]:.1f} %, training error "
            f"{card.train_error[-1]:.1f} % while it learned{as_they_are}"
        )

    def _draw(self) -> None:
        """Both panels on the same axes."""
        errors = self.error.isChecked()
        shown = {kind: curves(self.cards, kind, errors) for kind in PANELS}
        values = [v for some in shown.values() for one in some for v in one.values]
        most = max(values, default=1.0)
        top = 10.0 * math.ceil(most / 10) if errors else math.ceil(2 * most) / 2
        epochs = max((card.epochs for card in self.cards.values()), default=1)
        for kind, plot in self.plots.items():
            beside = [one for other in PANELS if other != kind for one in shown[other]]
            unit = " %" if errors else ""
            plot.show_curves(shown[kind], top, epochs, unit, beside=beside)
        norms = {kind: gradients(self.cards, kind) for kind in PANELS}
        scale = scale_of([one for some in norms.values() for one in some])
        for kind, plot in self.gradients.items():
            beside = [one for other in PANELS if other != kind for one in norms[other]]
            plot.show_curves(norms[kind], 1.0, epochs, "", scale, beside)

    def figures(self) -> tuple[Figure, ...]:
        """What is on screen."""
        return (degradation(self.cards, self.error.isChecked()),) if self.cards else ()

    def table(self) -> Table | None:
        """All curves, epoch by epoch."""
        return curves_table(self.cards) if self.cards else None
