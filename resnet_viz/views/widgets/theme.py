"""Colours and fonts: a dark, a light and a high-contrast projector theme.

One colour stands for the residual branch and one for the skip wherever they are drawn (diagram,
plots, legends), and one for each stage; all are from the palette of Okabe and Ito (2008), which
colour-blind eyes can tell apart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPalette
from PySide6.QtWidgets import QApplication


@dataclass(frozen=True)
class Theme:
    """Colours as "#rrggbb"; ``point_size`` is that of ordinary text."""

    name: str
    title: str
    window: str
    panel: str
    raised: str
    line: str
    text: str
    muted: str
    accent: str
    branch: str
    skip: str
    off: str
    warning: str
    stages: tuple[str, str, str, str]
    point_size: float
    line_width: float


DARK = Theme(
    name="dark",
    title="Dark",
    window="#16181d",
    panel="#1e2128",
    raised="#2a2e37",
    line="#3d434f",
    text="#e8eaed",
    muted="#a3abb8",
    accent="#56b4e9",
    branch="#e69f00",
    skip="#56b4e9",
    off="#7d8592",
    warning="#f0e442",
    stages=("#cc79a7", "#009e73", "#0072b2", "#d55e00"),
    point_size=10.5,
    line_width=2.0,
)

LIGHT = Theme(
    name="light",
    title="Light",
    window="#f2f3f5",
    panel="#ffffff",
    raised="#e6e9ee",
    line="#b9c0ca",
    text="#15181d",
    muted="#525b69",
    accent="#0072b2",
    branch="#b87400",
    skip="#0072b2",
    off="#8a929e",
    warning="#a15c00",
    stages=("#cc79a7", "#009e73", "#0072b2", "#d55e00"),
    point_size=10.5,
    line_width=2.0,
)

PROJECTOR = Theme(
    name="projector",
    title="Projector",
    window="#000000",
    panel="#000000",
    raised="#1c1c1c",
    line="#9a9a9a",
    text="#ffffff",
    muted="#dedede",
    accent="#56b4e9",
    branch="#ffb000",
    skip="#56c8ff",
    off="#9a9a9a",
    warning="#fff04d",
    stages=("#ff9bd0", "#00d39a", "#4aa8ff", "#ff7a2e"),
    point_size=14.0,
    line_width=3.5,
)

THEMES: dict[str, Theme] = {theme.name: theme for theme in (DARK, LIGHT, PROJECTOR)}

TEXT_SIZES = (0.7, 0.8, 0.9, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0)
"""What the size of all text, lines and marks can be multiplied by."""

_current = DARK


def current() -> Theme:
    """The theme in use, in the text size in use. Views read it when they paint."""
    return _current


def nearest_size(wanted: float) -> float:
    """The one of `TEXT_SIZES` that is nearest to ``wanted``."""
    return min(TEXT_SIZES, key=lambda size: abs(size - wanted))


def apply(application: QApplication, theme: Theme, text_size: float = 1.0) -> None:
    """Make ``theme`` the one in use: palette, font, style sheet and pyqtgraph's defaults.

    ``text_size`` multiplies its text, and with it its lines and marks.
    """
    global _current
    theme = replace(
        theme, point_size=theme.point_size * text_size, line_width=theme.line_width * text_size
    )
    _current = theme
    drawn = f"{theme.name} {text_size:g}"
    if application.property("theme") == drawn:
        return  # a style sheet set again would have every widget polished again
    application.setProperty("theme", drawn)
    application.setStyle("Fusion")
    font = QFont(application.font())
    font.setPointSizeF(theme.point_size)
    application.setFont(font)
    roles = QPalette.ColorRole
    palette = QPalette()
    for role, colour in (
        (roles.Window, theme.window),
        (roles.WindowText, theme.text),
        (roles.Base, theme.panel),
        (roles.AlternateBase, theme.raised),
        (roles.Text, theme.text),
        (roles.Button, theme.raised),
        (roles.ButtonText, theme.text),
        (roles.BrightText, theme.text),
        (roles.ToolTipBase, theme.raised),
        (roles.ToolTipText, theme.text),
        (roles.PlaceholderText, theme.muted),
        (roles.Highlight, theme.accent),
        (roles.HighlightedText, "#ffffff" if theme.name == LIGHT.name else "#000000"),
        (roles.Link, theme.accent),
        (roles.Mid, theme.line),
        (roles.Light, theme.raised),
        (roles.Dark, theme.line),
    ):
        palette.setColor(role, QColor(colour))
    for role in (roles.Text, roles.WindowText, roles.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(theme.off))
    application.setPalette(palette)
    side = 2 * round(0.4 * QFontMetrics(font).height())  # even, for round corners
    application.setStyleSheet(
        f"""
        QToolTip {{ color: {theme.text}; background: {theme.raised};
                    border: 1px solid {theme.line}; padding: 4px; }}
        QDockWidget {{ font-weight: 600; }}
        QDockWidget::title {{ background: {theme.panel}; padding: 5px 8px; }}
        QMainWindow::separator {{ background: {theme.window}; width: 5px; height: 5px; }}
        QToolBar {{ background: {theme.panel}; border: none; spacing: 6px; padding: 4px; }}
        QMenuBar {{ background: {theme.window}; }}
        QTabBar::tab {{ padding: 5px 14px; color: {theme.muted}; background: {theme.window};
                        border-bottom: 3px solid {theme.window}; }}
        QTabBar::tab:selected {{ color: {theme.text}; border-bottom-color: {theme.accent}; }}
        QTabBar::tab:hover {{ color: {theme.text}; }}
        QStatusBar {{ background: {theme.panel}; }}
        QCheckBox::indicator {{ width: 0.8em; height: 0.8em; border-radius: 3px;
                                border: 2px solid {theme.muted}; background: {theme.panel}; }}
        QCheckBox::indicator:checked {{ border-color: {theme.accent};
                                        background: {theme.accent}; }}
        QRadioButton::indicator {{ width: {side}px; height: {side}px;
                                   border-radius: {side // 2 + 2}px;
                                   border: 2px solid {theme.muted}; background: {theme.panel}; }}
        QRadioButton::indicator:checked {{
            border-color: {theme.accent};
            background: qradialgradient(cx: 0.5, cy: 0.5, radius: 0.5, fx: 0.5, fy: 0.5,
                                        stop: 0 {theme.accent}, stop: 0.6 {theme.accent},
                                        stop: 0.7 {theme.panel}, stop: 1 {theme.panel}); }}
        QPushButton:checked {{ background: {theme.skip}; color: {theme.window};
                               border: 1px solid {theme.skip}; border-radius: 3px;
                               padding: 3px 8px; }}
        QGraphicsView, QScrollArea, QAbstractItemView {{ border: none; }}
        """
    )
    pg.setConfigOptions(antialias=True, background=theme.panel, foreground=theme.text)


def colour_map(name: str) -> np.ndarray:
    """A perceptually uniform map as a table of 256 RGB colours, (256, 3) uint8.

    ``name`` is "viridis" (activations), "inferno" (saliency) or "CET-D1" (signed, white at zero).
    """
    return np.asarray(pg.colormap.get(name).getLookupTable(0.0, 1.0, 256, alpha=False), np.uint8)


def to_qimage(pixels: np.ndarray) -> QImage:
    """(H, W, 3) uint8 RGB or (H, W, 4) RGBA to a QImage that owns its memory."""
    pixels = np.ascontiguousarray(pixels)
    height, width, channels = pixels.shape
    formats = {3: QImage.Format.Format_RGB888, 4: QImage.Format.Format_RGBA8888}
    return QImage(pixels.data, width, height, channels * width, formats[channels]).copy()


def to_pixels(image: QImage) -> np.ndarray:
    """A QImage to (H, W, 4) uint8 RGBA."""
    image = image.convertToFormat(QImage.Format.Format_RGBA8888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 4 * image.width()].reshape(image.height(), image.width(), 4).copy()
