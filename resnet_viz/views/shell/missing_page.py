"""What stands in a page's place where a file that it needs is missing or damaged."""

from __future__ import annotations

from typing import Self

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout

from resnet_viz.engine.explorer import Explorer
from resnet_viz.views.widgets.page import Page
from resnet_viz.views.widgets.plain_text import PlainLabel


class MissingPage(Page):
    """A sentence on an otherwise empty page."""

    @classmethod
    def saying(cls, explorer: Explorer, sentence: str) -> Self:
        made = cls(explorer.state, explorer.worker, lambda _: None)
        words = PlainLabel(f"{sentence}.", wordWrap=True)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        QVBoxLayout(made).addWidget(words)
        return made
