"""The program's own twins in small: training error by epoch, from the cards of their weights."""

from __future__ import annotations

import math
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from resnet_viz.figures.figure import Figure
from resnet_viz.figures.series import Curve
from resnet_viz.networks import catalog
from resnet_viz.networks.cards import CardError, TrainingCard, read_card
from resnet_viz.views.help.glossary import LinkedLabel
from resnet_viz.views.plots.curves_plot import CurvesPlot
from resnet_viz.views.widgets import theme

NETWORKS = ("plain20", "plain56", "resnet20", "resnet56")
_DEEP = 56
_TITLE = "This program’s twins on CIFAR-10: error while they learn"


class ShippedTwins(QWidget):
    """A curve for each twin that has a card, and below a link to each; hidden without any.

    A click on a link gives ``network_asked`` the name.
    """

    network_asked = Signal(str)

    def __init__(self, folder: Path | None = None, parent: QWidget | None = None) -> None:
        """``folder`` holds the cards, by default the shipped ones."""
        super().__init__(parent)
        self.cards: list[TrainingCard] = []
        self.missing: list[str] = []
        for name in NETWORKS:
            spec = catalog.find(name)
            try:
                self.cards.append(read_card(spec, folder))
            except CardError:
                self.missing.append(spec.title)
        self.plot = CurvesPlot(_TITLE)
        self.key = LinkedLabel()
        self.key.network_asked.connect(self.network_asked)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot, 1)
        column.addWidget(self.key)
        if not self.cards:
            self.hide()
        self.retheme()

    def figures(self) -> tuple[Figure, ...]:
        """The curves on screen; nothing without a card."""
        if not self.cards:
            return ()
        names = ", ".join(card.title for card in self.cards)
        return (Figure("shipped-twins", _TITLE, f"From the cards of {names}.", (self.plot.chart,)),)

    def retheme(self) -> None:
        """Draw the curves in the colours of the theme in use."""
        if not self.cards:
            return
        most = max(max(card.training_error) for card in self.cards)
        self.plot.show_curves(
            [
                Curve(card.title, card.training_error, _role(card), _deep(card), True)
                for card in self.cards
            ],
            10.0 * math.ceil(most / 10),
            max(card.epochs for card in self.cards),
            " %",
        )
        links = [
            f'<a href="{card.network}" style="color: {_colour(card)}">{card.title}</a> '
            f"({'thick' if _deep(card) else 'thin'}) {card.training_error[-1]:.1f} %"
            for card in self.cards
        ]
        absent = f". No card yet: {', '.join(self.missing)}" if self.missing else ""
        self.key.say(f"At the end: {', '.join(links)}{absent}.")


def _deep(card: TrainingCard) -> bool:
    return catalog.find(card.network).depth == _DEEP


def _role(card: TrainingCard) -> str:
    return "branch" if catalog.find(card.network).combine == "none" else "skip"


def _colour(card: TrainingCard) -> str:
    return theme.current().colour(_role(card))
