"""A loss on a plane as a surface that the mouse and the arrow keys turn; drawn without OpenGL."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from resnet_viz.figures.loss_scale import LossScale
from resnet_viz.views.widgets import theme

_TALL = 1.3  # the height of the surface where half the side of its floor is 1
_RADIUS = math.sqrt(2.0)
_REST = 200  # milliseconds after a turn until edges are smoothed


class SurfaceView(QWidget):
    """Draws `show_loss` over a square floor, seen from above at an angle, without perspective.

    ``turned`` carries (yaw, pitch) in degrees when the user has turned it; `turn` sets them.
    """

    turned = Signal(float, float)

    def __init__(self) -> None:
        super().__init__()
        self._loss = np.full((1, 1), np.nan)
        self._axis = np.zeros(1)
        self._scale, self._linear = LossScale(), False
        self.yaw, self.pitch = 30.0, 32.0
        self._grip: QPointF | None = None
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST)
        self._rest.timeout.connect(self.update)
        self.setMinimumSize(200, 170)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setAccessibleName("Surface of the loss")
        self.setToolTip("Drag, or press the arrow keys, to turn both surfaces.")

    def show_loss(self, loss: np.ndarray, axis: np.ndarray, scale: LossScale, linear: bool) -> None:
        """``loss`` is (n, n), rows along the second direction; a square needs its four corners."""
        self._loss, self._axis, self._scale, self._linear = loss, axis, scale, linear
        self.update()

    def turn(self, yaw: float, pitch: float) -> None:
        """Look from another side."""
        self.yaw, self.pitch = yaw % 360.0, min(89.0, max(5.0, pitch))
        self._rest.start()
        self.update()

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(360, 320)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._grip = event.position()
        self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is None:
            return
        moved = event.position() - self._grip
        self._grip = event.position()
        self._turn_by(0.5 * moved.x(), 0.5 * moved.y())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        turns = {
            Qt.Key.Key_Left: (-5.0, 0.0),
            Qt.Key.Key_Right: (5.0, 0.0),
            Qt.Key.Key_Up: (0.0, 5.0),
            Qt.Key.Key_Down: (0.0, -5.0),
        }
        if Qt.Key(event.key()) in turns:
            self._turn_by(*turns[Qt.Key(event.key())])
        else:
            super().keyPressEvent(event)

    def _turn_by(self, yaw: float, pitch: float) -> None:
        self.turn(self.yaw + yaw, self.pitch + pitch)
        self.turned.emit(self.yaw, self.pitch)

    def quads(self) -> tuple[np.ndarray, np.ndarray]:
        """The squares whose corners are all measured, farthest first.

        Gives their corners (m, 4, 3) in the cube of the floor ±1 and heights 0 to 1, and their
        mean losses (m,).
        """
        size = len(self._axis)
        place = np.linspace(-1.0, 1.0, size)
        height = self._scale.height(self._loss, self._linear)
        points = np.dstack([*np.meshgrid(place, place), height])
        corners = np.stack(
            [points[:-1, :-1], points[:-1, 1:], points[1:, 1:], points[1:, :-1]], axis=2
        ).reshape(-1, 4, 3)
        loss = np.stack(
            [self._loss[:-1, :-1], self._loss[:-1, 1:], self._loss[1:, 1:], self._loss[1:, :-1]]
        )
        loss = np.exp(np.log(np.maximum(loss, 1e-30)).mean(axis=0)).reshape(-1)
        there = ~np.isnan(corners[:, :, 2]).any(axis=1)
        corners, loss = corners[there], loss[there]
        depth = self._project(corners.reshape(-1, 3))[:, 2].reshape(-1, 4).mean(axis=1)
        order = np.argsort(-depth, kind="stable")
        return corners[order], loss[order]

    def _project(self, points: np.ndarray) -> np.ndarray:
        """(m, 3) → (m, 3): right, up, and away from the viewer on the floor."""
        yaw, pitch = math.radians(self.yaw), math.radians(self.pitch)
        x, y, z = points[:, 0], points[:, 1], points[:, 2]
        right = x * math.cos(yaw) - y * math.sin(yaw)
        away = x * math.sin(yaw) + y * math.cos(yaw)
        up = _TALL * z * math.cos(pitch) + away * math.sin(pitch)
        return np.stack([right, up, away], axis=1)

    def _screen(self, points: np.ndarray) -> np.ndarray:
        """(m, 3) → (m, 2) pixels; turning about the vertical does not change the size."""
        metrics = self.fontMetrics()
        pitch = math.radians(self.pitch)
        left, below = metrics.horizontalAdvance("0.005 ") + 6.0, 1.6 * metrics.height()
        tall = 2 * _RADIUS * math.sin(pitch) + _TALL * math.cos(pitch)
        unit = min(
            (self.width() - left - 12) / (2 * _RADIUS),
            (self.height() - below - 1.4 * metrics.height()) / tall,
        )
        seen = self._project(points)
        middle = left + (self.width() - left) / 2
        spare = self.height() - below - 1.4 * metrics.height() - tall * unit
        floor = self.height() - below - _RADIUS * math.sin(pitch) * unit - spare / 2
        return np.stack([middle + unit * seen[:, 0], floor - unit * seen[:, 1]], axis=1)

    def paintEvent(self, event: QPaintEvent) -> None:
        look = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(look.panel))
        if len(self._axis) < 2:
            return
        corners, loss = self.quads()
        # Smooth edges take most of the time, so they wait until the turning is over.
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not self._rest.isActive())
        self._paint_frame(painter)
        colours = colours_of(self._scale, loss)
        places = self._screen(corners.reshape(-1, 3)).reshape(-1, 4, 2)
        edge = QColor(look.panel)
        edge.setAlpha(120)
        painter.setPen(QPen(edge, 0.8))
        for place, (red, green, blue, _) in zip(places.tolist(), colours.tolist(), strict=True):
            painter.setBrush(QColor(red, green, blue))
            painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in place]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        self._paint_axes(painter)

    def _paint_frame(self, painter: QPainter) -> None:
        """The floor and the two walls behind it, with a line at each tick of the height."""
        look = theme.current()
        ground = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], float)
        painter.setPen(QPen(QColor(look.line), 1.0))
        painter.setBrush(QColor(look.window))
        painter.drawPolygon(self._polygon(ground))
        depths = self._project(ground)[:, 2]
        far = int(depths.argmax())
        for height in [0.0, 1.0, *(at for at, _ in self._height_ticks())]:
            line = ground[[far - 1, far, (far + 1) % 4]].copy()
            line[:, 2] = height
            painter.drawPolyline(self._polygon(line))
        for number in (far - 1, far, (far + 1) % 4):
            pole = np.repeat(ground[[number]], 2, axis=0)
            pole[1, 2] = 1.0
            painter.drawPolyline(self._polygon(pole))

    def _paint_axes(self, painter: QPainter) -> None:
        """Numbers along the two edges in front and up the leftmost corner."""
        painter.setPen(QColor(theme.current().text))
        metrics = self.fontMetrics()
        reach = float(self._axis[-1])
        ground = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]], float)
        near = int(self._project(ground)[:, 2].argmin())
        for other in (near - 1, (near + 1) % 4):
            ends = ground[[near, other]]
            along_first = ends[0, 1] == ends[1, 1]
            middle = self._screen((ends[:1] + ends[1:]) / 2)[0]
            name = "1st" if along_first else "2nd"
            corner, far = self._screen(ends)
            outward = -1.0 if far[0] < corner[0] else 1.0
            aside = np.array([0.3 * outward, 0.9]) * metrics.height()
            self._write(painter, middle + aside, name, outward)
            for at, where in ((0.12, ends[0]), (0.88, ends[1])):
                value = where[0] if along_first else where[1]
                point = corner + at * (far - corner) + [0, 0.9 * metrics.height()]
                text = f"{reach * value:g}".replace("-", "−")
                self._write(painter, point, text, outward)
        left = int(self._screen(ground)[:, 0].argmin())
        last = math.inf
        for height, text in self._height_ticks():
            point = ground[[left]].copy()
            point[0, 2] = height
            x, y = self._screen(point)[0]
            if last - y < 0.9 * metrics.height():
                continue
            last = y
            width = metrics.horizontalAdvance(text)
            painter.drawText(QPointF(x - width - 6, y + 0.36 * metrics.ascent()), text)

    def _write(self, painter: QPainter, at: np.ndarray, text: str, outward: float) -> None:
        width = self.fontMetrics().horizontalAdvance(text)
        x = at[0] if outward > 0 else at[0] - width
        painter.drawText(QPointF(float(x), float(at[1])), text)

    def _height_ticks(self) -> list[tuple[float, str]]:
        scale = self._scale
        top = scale.linear_top
        values = [0.0, top / 2, top] if self._linear else scale.levels
        return [(float(scale.height(value, self._linear)), f"{value:g}") for value in values]

    def _polygon(self, points: np.ndarray) -> QPolygonF:
        return QPolygonF([QPointF(x, y) for x, y in self._screen(points).tolist()])


def colours_of(scale: LossScale, loss: np.ndarray) -> np.ndarray:
    """viridis: (…) → (…, 4) uint8 RGBA; see-through where a loss is not known."""
    share = scale.share(loss)
    known = ~np.isnan(share)
    table = theme.colour_map("viridis")
    rgba = np.zeros((*share.shape, 4), np.uint8)
    rgba[known, :3] = table[(share[known] * 255).round().astype(int)]
    rgba[known, 3] = 255
    return rgba
