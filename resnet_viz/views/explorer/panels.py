"""Every panel around the block diagram, in the order of the menu."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt

from resnet_viz.views.widgets.feature import Entry

LEFT = Qt.DockWidgetArea.LeftDockWidgetArea
RIGHT = Qt.DockWidgetArea.RightDockWidgetArea
BELOW = Qt.DockWidgetArea.BottomDockWidgetArea


@dataclass(frozen=True)
class PanelEntry(Entry):
    """A panel; it lies in ``area``, in a row with those before it, or as a tab ``beside`` one.

    One that is not ``shown`` at the start costs no room until it is asked for. The ``first`` is
    the one that is enlarged where nothing says which is meant.
    """

    area: Qt.DockWidgetArea
    shown: bool = True
    beside: str = ""
    first: bool = False


PANELS: list[PanelEntry] = [
    PanelEntry("photo", "Photo", "resnet_viz.views.explorer.photo:PhotoView", LEFT),
    PanelEntry(
        "predictions",
        "Predictions",
        "resnet_viz.views.explorer.predictions:PredictionsView",
        RIGHT,
    ),
    PanelEntry(
        "activations",
        "Activations",
        "resnet_viz.views.explorer.activations:ActivationsView",
        BELOW,
    ),
    PanelEntry("saliency", "Grad-CAM", "resnet_viz.views.explorer.saliency:SaliencyView", BELOW),
    PanelEntry(
        "gradient_flow",
        "Gradient flow",
        "resnet_viz.views.explorer.gradient_flow:GradientFlowView",
        BELOW,
        first=True,
    ),
    PanelEntry(
        "cascade",
        "Cascade",
        "resnet_viz.views.explorer.cascade:CascadeView",
        BELOW,
        shown=False,
        beside="saliency",
    ),
]
"""To add a panel, write its module and add its entry here; dock and menu follow from it."""
