"""The theme in use, put upon the application; its colours are those of `figures.looks`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPalette
from PySide6.QtWidgets import QApplication

from resnet_viz.figures.looks import DARK, LIGHT, PROJECTOR, THEMES, Theme

__all__ = ["DARK", "LIGHT", "PROJECTOR", "THEMES", "Theme"]

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
    if application.property("fusion") is None:  # each time every widget is polished again
        application.setStyle("Fusion")
        application.setProperty("fusion", True)
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
    if application.styleSheet():
        # Set in place of another, Qt would polish each widget once for every one that it lies in.
        application.setStyleSheet("")
    application.setStyleSheet(
        f"""
        QToolTip {{ color: {theme.text}; background: {theme.raised};
                    border: 1px solid {theme.line}; padding: 4px; }}
        QDockWidget {{ font-weight: 600; }}
        QDockWidget::title {{ background: {theme.panel}; padding: 5px 8px; }}
        QMainWindow::separator {{ background: {theme.window}; width: 5px; height: 5px; }}
        QToolBar {{ background: {theme.panel}; border: none; spacing: 6px; padding: 4px; }}
        QMenuBar {{ background: {theme.window}; }}
        QTabBar::tab {{ padding: 5px 9px; color: {theme.muted}; background: {theme.window};
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
