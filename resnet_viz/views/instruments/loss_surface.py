"""The panel of the loss surface: the residual network's slice beside its plain twin's."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.export.script_instruments import surface_script
from resnet_viz.export.session import file_of, kept_file
from resnet_viz.figures import loss_surface
from resnet_viz.figures.figure import Figure, Map
from resnet_viz.figures.loss_scale import LossScale
from resnet_viz.results.derived import precomputed_surfaces
from resnet_viz.results.loss_surface import SIDES, Surface, SurfaceRequest, SurfaceResult
from resnet_viz.results.result import Result, Snapshot
from resnet_viz.views.instruments.panel import Panel
from resnet_viz.views.instruments.surface_view import SurfaceView
from resnet_viz.views.plots.map_view import MapView
from resnet_viz.views.widgets import theme, zoom
from resnet_viz.views.widgets.feature import Json, kept_of, put_back
from resnet_viz.views.widgets.plain_text import PlainLabel
from resnet_viz.views.widgets.scale_bar import ScaleBar

DRAWN = {"both": "Contour and surface", "contour": "Contour", "surface": "Surface"}
HEIGHTS = {"log": "Log height", "linear": "Linear height"}


class LossSurfacePanel(Panel):
    """The loss on a plane through the weights, as contour and as surface, both twins alike."""

    NAME = "loss surface"
    SHOWS = (
        "The loss on a plane through the weights, spanned by two random directions in which each "
        "filter is as long as the network's own. Batch norm (evaluation mode, stored statistics) "
        "and biases do not move. Both networks: same random numbers, levels and colours."
    )
    PAPER = "Li, Xu, Taylor, Studer, Goldstein 2018 §4"
    ARXIV = "1712.09913"

    def __init__(self, state: ExplorerState, worker: Worker, say: Callable[[str], None]) -> None:
        super().__init__(state, worker, say)
        self.result: SurfaceResult | None = None
        self._path = ""
        self.pictures = QComboBox()
        self.pictures.setAccessibleName("What the loss is measured on")
        self.pictures.addItem("Crops of photos", "photos")
        self.pictures.addItem("CIFAR-10 zip file…", "labelled")
        self.side = QComboBox()
        self.side.setAccessibleName("Points of the grid")
        for side in SIDES:
            self.side.addItem(f"{side}×{side}", side)
        self.side.setCurrentIndex(SIDES.index(21))
        self.seed = QSpinBox()
        self.seed.setAccessibleName("Which random directions")
        self.seed.setPrefix("Seed ")
        self.seed.setMaximum(99)
        self.seed.setToolTip("Another seed gives other random directions.")
        self.drawn, self.height_ = QComboBox(), QComboBox()
        self.drawn.setAccessibleName("How it is drawn")
        self.height_.setAccessibleName("Scale of the surface's height")
        for box, choices in ((self.drawn, DRAWN), (self.height_, HEIGHTS)):
            for value, text in choices.items():
                box.addItem(text, value)
        for widget in (self.pictures, self.side, self.seed, self.drawn, self.height_):
            self.options.addWidget(widget)
        self.options.addStretch(1)
        self.columns = [_Column(), _Column()]
        self.bar = ScaleBar(theme.colour_map("viridis"))
        self.legend = PlainLabel("✚ the weights   ★ least measured   axes: in norms of the filters")
        row = QHBoxLayout()
        row.setSpacing(16)
        for column in self.columns:
            row.addWidget(column, 1)
            column.hide()
            column.surface.turned.connect(self._turn)
        foot = QHBoxLayout()
        foot.addWidget(self.bar, 1)
        foot.addWidget(self.legend)
        self.area.addLayout(row, 1)
        self.area.addLayout(foot)
        for part in (self.bar, self.legend):
            part.hide()
        self._kept = {
            "pictures": self.pictures,
            "side": self.side,
            "seed": self.seed,
            "drawn": self.drawn,
            "height": self.height_,
        }
        self.pictures.activated.connect(self._chosen)
        self.drawn.currentIndexChanged.connect(lambda _: self._arrange())
        self.height_.currentIndexChanged.connect(lambda _: self._draw())

    def request(self) -> SurfaceRequest:
        """The slice that is chosen."""
        labelled = self.pictures.currentData() == "labelled"
        if labelled and not self._path:
            raise ValueError("Choose a zip file of CIFAR-10 images first, or crops of photos")
        return SurfaceRequest(
            self.state.snapshot,
            self.side.currentData(),
            path=self._path if labelled else "",
            seed=self.seed.value(),
        )

    def passes(self) -> float | None:
        side = int(self.side.currentData())
        return 2 * 0.3 * side * side * SurfaceRequest.pictures

    def show_update(self, update: object) -> None:
        """Draw the points that have been measured so far."""
        assert isinstance(update, SurfaceResult)
        self.result = update
        self.label(loss_surface.surface_caption(update), update.request.snapshot)
        self._draw()

    def precomputed(self, snapshot: Snapshot) -> SurfaceResult | None:
        """The surfaces of the networks that come with the program."""
        return precomputed_surfaces(snapshot)

    def depends_on(self, snapshot: Snapshot) -> Hashable:
        """Labelled images do not depend on the photo, and no loss on the target."""
        chosen = snapshot.network, snapshot.weights
        if self.result is not None and self.result.request.path:
            return chosen
        return (*chosen, snapshot.photo, snapshot.crop)

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        super().retheme()
        self.legend.setStyleSheet(f"color: {theme.current().muted}")
        for column in self.columns:
            column.retheme()
        self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _chosen(self, number: int) -> None:
        if self.pictures.itemData(number) != "labelled":
            return
        path, _ = QFileDialog.getOpenFileName(self, "CIFAR-10 images", "", "Zip files (*.zip)")
        self._path = path or self._path
        if not self._path:
            self.pictures.setCurrentIndex(0)

    def _turn(self, yaw: float, pitch: float) -> None:
        for column in self.columns:
            column.surface.turn(yaw, pitch)

    def _arrange(self) -> None:
        """One picture under the other where the panel is high, else side by side."""
        directions = QBoxLayout.Direction
        shown = sum(not column.isHidden() for column in self.columns) or 1
        spare = self.scroller.height() - 5 * self.fontMetrics().height()
        high = spare / 2 > 0.42 * self.scroller.width() / shown
        drawn = self.drawn.currentData()
        for column in self.columns:
            column.pictures.setDirection(directions.TopToBottom if high else directions.LeftToRight)
            column.contour.setVisible(drawn != "surface")
            column.surface.setVisible(drawn != "contour")
        self.height_.setEnabled(drawn != "contour")

    def figures(self) -> tuple[Figure, ...]:
        """What is on screen."""
        return () if self.result is None else (loss_surface.loss_surface(self.result),)

    def choices(self) -> dict[str, Json]:
        """The pictures with their file, the grid, and how it is drawn."""
        return {**kept_of(self._kept), "path": kept_file(self._path)}

    def restore(self, choices: Mapping[str, Json]) -> None:
        self._path = file_of(choices.get("path")) or self._path
        put_back(self._kept, choices)
        if self.pictures.currentData() == "labelled" and not self._path:
            self.pictures.setCurrentIndex(0)

    def script(self, result: Result | None) -> str:
        """That of the slices on screen."""
        return super().script(None) if self.result is None else surface_script(self.result)

    def _draw(self) -> None:
        result = self.result
        if result is None:
            return
        scale = LossScale.covering(surface.loss for surface in result.surfaces)
        linear = self.height_.currentData() == "linear"
        maps = loss_surface.loss_surface(result).panels
        for number, column in enumerate(self.columns):
            column.setVisible(number < len(maps))
            if number < len(maps) and isinstance(shown := maps[number], Map):
                surface = result.surfaces[number]
                column.show_surface(surface, shown, result.request, scale, linear)
        unit = f"nats{loss_surface.cuts(scale, linear)}"
        self.bar.set_labels(f"{scale.low:g}", f"{scale.high:g}", unit)
        for part in (self.bar, self.legend):
            part.show()
        self._arrange()


class _Column(QWidget):
    """One network's title, contour lines and surface."""

    def __init__(self) -> None:
        super().__init__()
        self._title, self._plain = "", False
        self.title = QLabel(textFormat=Qt.TextFormat.RichText)
        self.title.setWordWrap(True)
        zoom.offer(self, "Loss surface", self.title)
        self.contour = MapView("Contour lines of the loss", loss_surface.reading)
        self.surface = SurfaceView()
        self.pictures = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.pictures.addWidget(self.contour, 1)
        self.pictures.addWidget(self.surface, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(2)
        rows.addWidget(self.title)
        rows.addLayout(self.pictures, 1)

    def show_surface(
        self,
        surface: Surface,
        shown: Map,
        request: SurfaceRequest,
        scale: LossScale,
        linear: bool,
    ) -> None:
        axis = request.axis
        self._plain = surface.plain
        self._title = loss_surface.title(surface, request)
        self.contour.show_map(shown)
        self.surface.show_loss(surface.loss, axis, scale, linear)
        self._colour()

    def retheme(self) -> None:
        self._colour()
        self.contour.retheme()
        self.surface.retheme()

    def _colour(self) -> None:
        look = theme.current()
        colour = look.branch if self._plain else look.skip
        self.title.setText(f'<span style="color: {colour}">■</span> {escape(self._title)}')
