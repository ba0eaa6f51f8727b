"""What is cut off, lies outside or overlaps in a window, and what is too faint to read.

Both checks look at what is on screen: the texts and places of visible widgets, and the pixels of
their texts. A widget that lies over another one on purpose says so in its property "overlay".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QImage, QTextDocument
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractScrollArea,
    QCheckBox,
    QComboBox,
    QLabel,
    QMainWindow,
    QRadioButton,
    QScrollArea,
    QStackedWidget,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QToolBar,
    QToolButton,
    QWidget,
)

_SLACK = 2
"""Pixels that rounding may take."""

LEAST_CONTRAST = 4.5
"""WCAG 2.1, success criterion 1.4.3."""


def faults(window: QWidget) -> list[str]:
    """A sentence for each widget of ``window`` that is cut off, outside its parent or covered."""
    found = []
    for widget in shown(window):
        found += _text_faults(widget)
        found += _outside(widget)
        found += _overlaps(widget)
    return found


def shown(window: QWidget) -> Iterator[QWidget]:
    """``window`` and the widgets in it that can be seen, without the insides of plots."""
    yield window
    for widget in window.findChildren(QWidget):
        if widget.isVisibleTo(window) and not _inside_a_view(widget):
            yield widget


def named(widget: QWidget) -> str:
    """Enough to find a widget: its kind, and its name or text."""
    text = getattr(widget, "text", None)
    says = widget.accessibleName() or widget.objectName() or (text() if callable(text) else "")
    return f"{type(widget).__name__} {str(says)[:40]!r}"


def _inside_a_view(widget: QWidget) -> bool:
    """True for the parts of a scroll area, a combo box or a spin box: these draw themselves."""
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QComboBox):
            return True
        if isinstance(parent, QAbstractScrollArea) and not isinstance(parent, QScrollArea):
            return True
        parent = parent.parentWidget()
    return False


def _text_faults(widget: QWidget) -> list[str]:
    room, wanted = widget.contentsRect().size(), QSize()
    metrics = widget.fontMetrics()
    if isinstance(widget, QLabel) and widget.text():
        if widget.wordWrap():
            wanted = QSize(room.width(), widget.heightForWidth(widget.width()))
            longest = max(_words(widget.text()), key=metrics.horizontalAdvance, default="")
            wanted.setWidth(metrics.horizontalAdvance(longest))
            room = widget.size()
        else:
            wanted = widget.sizeHint()
            room = widget.size()
    elif isinstance(widget, QCheckBox | QRadioButton):
        wanted, room = widget.sizeHint(), widget.size()
    elif isinstance(widget, QAbstractButton) and widget.text():
        if isinstance(widget, QToolButton) and (
            widget.toolButtonStyle() == Qt.ToolButtonStyle.ToolButtonIconOnly
            and not widget.icon().isNull()
        ):
            return []
        lines = widget.text().replace("&", "").split("\n")
        wanted = QSize(
            max(map(metrics.horizontalAdvance, lines)), metrics.height() * len(lines) - 4
        )
    elif isinstance(widget, QComboBox):
        option = QStyleOptionComboBox()
        widget.initStyleOption(option)
        style = widget.style()
        field = style.subControlRect(
            QStyle.ComplexControl.CC_ComboBox,
            option,
            QStyle.SubControl.SC_ComboBoxEditField,
            widget,
        )
        room = field.size()
        wanted = QSize(metrics.horizontalAdvance(widget.currentText()), metrics.height() - 4)
    elif isinstance(widget, QTabBar):
        return [
            f"tab {widget.tabText(number)!r} is cut off"
            for number in range(widget.count())
            if widget.elideMode() == Qt.TextElideMode.ElideNone
            and not widget.rect().contains(widget.tabRect(number))
            and not widget.usesScrollButtons()
        ]
    if widget.property("elides") and widget.toolTip():
        return []
    if wanted.width() > room.width() + _SLACK or wanted.height() > room.height() + _SLACK:
        return [
            f"{named(widget)} needs {wanted.width()}×{wanted.height()} and has "
            f"{room.width()}×{room.height()}"
        ]
    return []


def _words(text: str) -> list[str]:
    if "<" in text:
        document = QTextDocument()
        document.setHtml(text)
        text = document.toPlainText()
    return re.split(r"[\s\-/–—]+", text)


def _outside(widget: QWidget) -> list[str]:
    parent = widget.parentWidget()
    if parent is None or widget.isWindow():
        return []
    if isinstance(parent.parentWidget(), QScrollArea) or isinstance(parent, QAbstractScrollArea):
        return []  # that is what scrolling is for
    if isinstance(parent, QTabBar | QToolBar):
        return []
    if isinstance(parent, QMainWindow) and isinstance(widget, QTabBar) and widget.x() < -500:
        return []  # it keeps one aside for docks that may lie over one another
    place = widget.geometry()
    if place.isEmpty():
        return []
    inside = parent.rect().adjusted(-_SLACK, -_SLACK, _SLACK, _SLACK)
    if inside.contains(place):
        return []
    return [f"{named(widget)} at {_at(place)} is not inside {named(parent)}, {_at(parent.rect())}"]


def _overlaps(widget: QWidget) -> list[str]:
    """Children of ``widget`` that lie over one another."""
    if isinstance(widget, QStackedWidget | QAbstractScrollArea | QTabBar | QComboBox):
        return []
    children = [
        child
        for child in widget.children()
        if isinstance(child, QWidget)
        and child.isVisible()
        and not child.isWindow()
        and not child.property("overlay")
        and not child.geometry().isEmpty()
    ]
    if isinstance(widget, QMainWindow):
        children = [c for c in children if c.metaObject().className() not in _OF_QMAINWINDOW]
    found = []
    for number, one in enumerate(children):
        for other in children[number + 1 :]:
            both = one.geometry().intersected(other.geometry())
            if both.width() > _SLACK and both.height() > _SLACK:
                found.append(f"{named(one)} and {named(other)} overlap at {_at(both)}")
    return found


_OF_QMAINWINDOW = ("QRubberBand", "QMainWindowTabBar")


def _at(place: QRect) -> str:
    return f"{place.x()},{place.y()} {place.width()}×{place.height()}"


# ---- contrast


def faint(window: QWidget) -> list[str]:
    """A sentence for each text in ``window`` whose contrast to its ground is under 4.5 : 1."""
    found = []
    for widget in shown(window):
        text = getattr(widget, "text", None)
        if not isinstance(widget, QLabel | QAbstractButton | QTabBar) or not widget.isEnabled():
            continue
        if not window.rect().intersects(QRect(widget.mapTo(window, QPoint()), widget.size())):
            continue  # scrolled away, or a dock's tab bar that Qt has put aside
        if not isinstance(widget, QTabBar) and not (callable(text) and str(text()).strip()):
            continue
        if widget.visibleRegion().boundingRect().size() != widget.size():
            continue  # scrolled out of sight, at least in part
        found += _faint(widget)
    return found


def _faint(widget: QWidget) -> list[str]:
    image = _drawn_large(widget)
    ground = _commonest(image)
    found = []
    if (most := _greatest_contrast(image, ground)) < LEAST_CONTRAST:
        found.append(f"{named(widget)} has contrast {most:.1f} to {ground.name()}")
    if isinstance(widget, QLabel):
        for colour in re.findall(r"(?<![\w-])color:\s*(#[0-9a-fA-F]{6})", widget.text()):
            if (one := contrast(QColor(colour), ground)) < LEAST_CONTRAST:
                found.append(f"{named(widget)}: {colour} has contrast {one:.1f}")
    return found


def _drawn_large(widget: QWidget) -> QImage:
    """The widget with all that is behind it, at three times its size, so that strokes are full."""
    scale = 3
    image = QImage(widget.size() * scale, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    window = widget.window()
    image.fill(window.palette().color(window.backgroundRole()))
    window.render(
        image,
        QPoint(),
        QRect(widget.mapTo(window, QPoint()), widget.size()),  # type: ignore[arg-type]
    )
    return image


def _colours(image: QImage) -> dict[int, int]:
    counts: dict[int, int] = {}
    for y in range(0, image.height(), 2):
        for x in range(0, image.width(), 2):
            colour = image.pixel(x, y) & 0xFFFFFF
            counts[colour] = counts.get(colour, 0) + 1
    return counts


def _commonest(image: QImage) -> QColor:
    counts = _colours(image)
    return QColor.fromRgb(max(counts, key=lambda colour: counts[colour]) | 0xFF000000)


def _greatest_contrast(image: QImage, ground: QColor) -> float:
    return max(contrast(QColor.fromRgb(c | 0xFF000000), ground) for c in _colours(image))


def contrast(one: QColor, other: QColor) -> float:
    """The contrast ratio of WCAG 2.1, from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: QColor) -> float:
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (colour.redF(), colour.greenF(), colour.blueF())
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]
