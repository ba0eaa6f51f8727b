"""The story in figures: depth and error, size and accuracy, and what made depth possible."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QTabBar, QVBoxLayout

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.figures import story
from resnet_viz.figures.figure import Figure
from resnet_viz.networks import ilsvrc, published
from resnet_viz.views.help.glossary import LinkedLabel, glossary_of
from resnet_viz.views.story.degradation import TEXT as DEGRADATION_TEXT
from resnet_viz.views.story.degradation import DegradationCard
from resnet_viz.views.story.depth import DepthFigure
from resnet_viz.views.story.size import SizeFigure
from resnet_viz.views.widgets.feature import Json, Key
from resnet_viz.views.widgets.page import Page

CHAPTERS = ("1  Depth and error", "2  Size and accuracy", "3  Degradation")

DEPTH_TEXT = (
    "Up to 2011 the winners of ILSVRC worked with features made by hand. In 2012 AlexNet, a "
    "convolutional network like LeNet-5 but far larger, changed that; in 2014 depth went to 19 and "
    "22 layers, and in 2015 to 152, with a top-5 error below that of a trained person. From 2012 "
    "on the errors are those of ensembles. Click a tower to open its network."
)


class StoryPage(Page):
    """Three chapters, each a picture to point at, with its sources and links to the glossary."""

    KEYS = {  # noqa: RUF012
        "marks": Key("← →", "Previous or next network of a figure"),
        "open": Key("Enter", "Open it in the explorer"),
        "close": Key("Esc", "Close its card"),
    }

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self.chapters = QTabBar()
        self.chapters.setAccessibleName("Chapters")
        self.chapters.setDrawBase(False)
        self.chapters.setExpanding(False)
        for title in CHAPTERS:
            self.chapters.addTab(title)
        self.glossary = QPushButton("Glossary…")
        self.glossary.setToolTip("Every word of the story in a few sentences (Ctrl+Shift+G)")
        self.glossary.clicked.connect(lambda: glossary_of(self).bring_up())
        self.text = LinkedLabel()
        self.depth_figure = DepthFigure()
        self.size_figure = SizeFigure()
        self.degradation = DegradationCard()
        self.sources = LinkedLabel()
        self.stack = QStackedWidget()
        for chapter in (self.depth_figure, self.size_figure, self.degradation):
            self.stack.addWidget(chapter)
        for figure in (self.depth_figure, self.size_figure, self.degradation.figure):
            figure.network_asked.connect(self.network_asked)
            figure.refused.connect(self.say)
        self.degradation.shipped.network_asked.connect(self.network_asked)
        self.degradation.page_asked.connect(self.page_asked)
        head = QHBoxLayout()
        head.addWidget(self.chapters)
        head.addStretch(1)
        head.addWidget(self.glossary)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.addLayout(head)
        column.addWidget(self.text)
        column.addWidget(self.stack, 1)
        column.addWidget(self.sources)
        self.chapters.currentChanged.connect(self._turn_to)
        self._turn_to(0)

    def _turn_to(self, number: int) -> None:
        self.stack.setCurrentIndex(number)
        self.text.say((DEPTH_TEXT, size_text(), DEGRADATION_TEXT)[number])
        self.sources.say(("Sources: " + depth_sources(), "Source: " + size_source(), "")[number])
        self.sources.setVisible(number < 2)  # the third names its own

    def figures(self) -> tuple[Figure, ...]:
        """Those of the chapter on screen."""
        chapter = self.stack.currentIndex()
        if chapter < 2:
            return ((story.depth, story.size)[chapter](),)
        return (story.twins(), *self.degradation.shipped.figures())

    def choices(self) -> dict[str, Json]:
        """The chapter on screen, counted from 1."""
        return {"chapter": self.chapters.currentIndex() + 1}

    def restore(self, choices: Mapping[str, Json]) -> None:
        chapter = choices.get("chapter")
        if isinstance(chapter, int) and 1 <= chapter <= self.chapters.count():
            self.chapters.setCurrentIndex(chapter - 1)

    def retheme(self) -> None:
        for part in (
            self.text,
            self.sources,
            self.depth_figure,
            self.size_figure,
            self.degradation,
        ):
            part.retheme()


def size_text() -> str:
    """What the second figure shows, with its figures."""
    rows = {(row.network, row.version): row for row in published.published()}
    small, large = rows["googlenet", "V1"], rows["vgg16", "V1"]
    first, new, deep = rows["resnet50", "V1"], rows["resnet50", "V2"], rows["resnet152", "V1"]
    return (
        f"Size is not accuracy: GoogLeNet has {small.parameters / 1e6:.1f} million parameters and "
        f"{small.top1:.1f} % top-1 accuracy, VGG-16 {large.parameters / 1e6:.0f} million and "
        f"{large.top1:.1f} %. From ResNet-50 to ResNet-152 depth adds "
        f"{deep.top1 - first.top1:.1f} points; the longer training recipe of 2021 alone adds "
        f"{new.top1 - first.top1:.1f} to ResNet-50. Click a dot to open its network."
    )


def depth_sources() -> str:
    """Links to the papers of the first figure."""
    links = [f'<a href="{source.link}">{source.short}</a>' for source in ilsvrc.sources()]
    return ", ".join(links) + ". Point at a column for the table or section."


def size_source() -> str:
    """A link to where the figures of the second come from."""
    text, link = published.source()
    return f'<a href="{link}">{text}</a>'
