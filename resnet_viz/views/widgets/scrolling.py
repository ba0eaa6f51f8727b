"""What lies in a frame that scrolls."""

from __future__ import annotations

from PySide6.QtWidgets import QScrollArea, QWidget


def put_into(area: QScrollArea, inside: QWidget) -> None:
    """Let ``inside`` scroll in ``area``, and take its room; both show the window's background.

    Qt would have each fill its background. It paints a widget that does by itself as it is shown,
    and what lies in it a second time: turning to a page would take twice as long.
    """
    area.setWidget(inside)
    area.setWidgetResizable(True)
    for widget in (inside, area.viewport()):
        widget.setAutoFillBackground(False)
