"""Every page of the window, in the order of the tabs and of the keys Ctrl+1, Ctrl+2, …"""

from __future__ import annotations

from dataclasses import dataclass

from resnet_viz.views.widgets.feature import Entry


@dataclass(frozen=True)
class PageEntry(Entry):
    """A page; ``tip`` says in a few words what it is for."""

    tip: str


PAGES: list[PageEntry] = [
    PageEntry(
        "explorer",
        "Explorer",
        "resnet_viz.views.explorer.page:ExplorerPage",
        "See every block on your own photo",
    ),
    PageEntry(
        "laboratory",
        "Laboratory",
        "resnet_viz.views.laboratory.page:LaboratoryPage",
        "Build a network and watch its gradient before training",
    ),
    PageEntry(
        "training",
        "Training",
        "resnet_viz.views.training.page:TrainingPage",
        "Train a residual and a plain twin live, side by side",
    ),
    PageEntry(
        "instruments",
        "Instruments",
        "resnet_viz.views.instruments.page:InstrumentsPage",
        "Measure the network on screen more deeply",
    ),
    PageEntry(
        "degradation",
        "Degradation",
        "resnet_viz.views.degradation.page:DegradationPage",
        "How the twins of 20 and 56 layers learned, as measured",
    ),
    PageEntry(
        "compare",
        "Compare",
        "resnet_viz.views.compare.page:ComparePage",
        "Two networks, or skips on and off, in step",
    ),
    PageEntry(
        "backbone",
        "Backbone",
        "resnet_viz.views.backbone.page:BackbonePage",
        "What else its features are used for than to name a photo",
    ),
    PageEntry(
        "story",
        "Story",
        "resnet_viz.views.story.page:StoryPage",
        "Depth, error and size in figures, with sources",
    ),
]
"""To add a page, write its module and add its entry here; tab, key and menu follow from it."""
