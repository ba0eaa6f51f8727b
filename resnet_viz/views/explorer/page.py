"""The explorer: the block diagram with panels around it, in which each result is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Self

from PySide6.QtCore import QByteArray, QSettings, Qt
from PySide6.QtGui import QAction, QShowEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QInputDialog,
    QMainWindow,
    QMenu,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.engine.explorer import Explorer
from resnet_viz.export.diagram import Diagram
from resnet_viz.figures.figure import Figure
from resnet_viz.networks import weights
from resnet_viz.networks.structure import Structure
from resnet_viz.results.result import Result
from resnet_viz.views.diagram.view import DiagramView
from resnet_viz.views.explorer.convolution import ConvolutionWindow
from resnet_viz.views.explorer.panel import ExplorerPanel
from resnet_viz.views.explorer.panels import PANELS, PanelEntry
from resnet_viz.views.explorer.skip_strength import SkipStrength
from resnet_viz.views.explorer.toolbar import Toolbar
from resnet_viz.views.widgets import theme
from resnet_viz.views.widgets.feature import Json, Key, for_each
from resnet_viz.views.widgets.page import Page
from resnet_viz.views.widgets.zoom import DockTitle, offer

LAYOUT_VERSION = 2

DIAGRAM_KEYS = (
    Key("← → ↑ ↓", "Another block; in the layers, another layer"),
    Key("Home, End", "The first or the last one"),
    Key("Space", "Skip of the selected block on or off"),
    Key("E", "What the selected block's ⊕ adds"),
    Key("O", "Open or fold equal blocks"),
    Key("Enter", "A finer level; on a convolution: how it computes"),
    Key("Esc", "A coarser level, or close the search"),
)


class ExplorerPage(Page):
    """A window of panels in itself. A panel that is hidden at the start is made when it is shown.

    ``engine`` has the loop from choices to results; ``actions`` are the window's commands, for
    the toolbar.
    """

    def __init__(
        self, engine: Explorer, say: Callable[[str], None], actions: Mapping[str, QAction]
    ) -> None:
        super().__init__(engine.state, engine.worker, say)
        self.engine = engine
        self.cascade = engine.cascade
        self.diagram = DiagramView(self.state)
        offer(self.diagram, "Block diagram")
        self.strength = SkipStrength(self.state)
        self.toolbar = Toolbar(actions)
        self.docked = QMainWindow()
        self.docked.setWindowFlags(Qt.WindowType.Widget)
        self.docked.setDockNestingEnabled(True)
        self._arrange()
        self.panels: dict[str, ExplorerPanel] = {}
        self.docks = {entry.name: self._dock(entry) for entry in PANELS}
        self._original_layout = self.docked.saveState(LAYOUT_VERSION)
        self._arranged = False
        self._connect()
        self._offer_devices()
        self._show_network(self.state.snapshot.network)
        self.toolbar.show_theme(theme.current().name)

    @classmethod
    def key_groups(cls, title: str) -> dict[str, list[Key]]:
        groups = {"In the diagram": list(DIAGRAM_KEYS)}
        for entry in PANELS:
            groups |= entry.load().key_groups(f"In the {entry.title.lower()}")
        return groups

    @classmethod
    def of(
        cls, explorer: Explorer, say: Callable[[str], None], actions: Mapping[str, QAction]
    ) -> Self:
        return cls(explorer, say, actions)

    # ---- building

    def _arrange(self) -> None:
        middle = QWidget()
        rows = QVBoxLayout(middle)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.diagram, 1)
        rows.addWidget(self.strength)
        self.docked.setCentralWidget(middle)
        self.docked.addToolBar(self.toolbar)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.docked)

    def _dock(self, entry: PanelEntry) -> QDockWidget:
        dock = QDockWidget(entry.title, self.docked)
        dock.setObjectName(entry.name)
        dock.setTitleBarWidget(DockTitle(dock))
        self.docked.addDockWidget(entry.area, dock)
        other = self.docked.findChild(QDockWidget, entry.beside) if entry.beside else None
        if isinstance(other, QDockWidget):
            self.docked.tabifyDockWidget(other, dock)
        if entry.shown:
            self._make(entry, dock)
        else:
            dock.hide()
            dock.visibilityChanged.connect(lambda there: there and self.panel(entry.name))
        return dock

    def _make(self, entry: PanelEntry, dock: QDockWidget) -> None:
        panel = self._panel_of(entry)
        offer(panel, entry.title, first=entry.first)
        dock.setWidget(panel)
        self.panels[entry.name] = panel
        self.grown.emit(panel)
        result = self.engine.result
        if result is not None:
            for_each([panel], lambda panel: panel.show_result(result))

    def _panel_of(self, entry: PanelEntry) -> ExplorerPanel:
        panel: ExplorerPanel = entry.load().of(self.engine)
        panel.entitle(entry.title)
        return panel

    def panel(self, name: str) -> ExplorerPanel:
        """A panel by its name in PANELS; it is made if it has not been shown yet."""
        if name not in self.panels:
            self._make(_entry(name), self.docks[name])
        return self.panels[name]

    def another(self, name: str) -> QWidget:
        """One more diagram ("diagram"), or one more panel of a name in PANELS, for a presentation.

        It hears of structures and choices by itself; results are to be handed to it.
        """
        if name != "diagram":
            return self._panel_of(_entry(name))
        made = DiagramView(self.state)
        made.bare()
        self.engine.structure_changed.connect(made.show_structure)
        if self.engine.structure is not None:
            made.show_structure(self.engine.structure)
        return made

    def _show_network(self, name: str) -> None:
        self.toolbar.show_network(name, self.state.snapshot.own_spec)

    def _connect(self) -> None:
        engine, state, toolbar = self.engine, self.state, self.toolbar
        engine.structure_changed.connect(self._show_structure)
        engine.devices_changed.connect(self._offer_devices)
        self.cascade.changed.connect(self.commands_changed)
        state.gates_changed.connect(lambda _: self._show_gates())
        state.network_changed.connect(self._show_network)
        state.device_changed.connect(toolbar.show_device)
        toolbar.network_chosen.connect(self.network_asked)
        toolbar.device_chosen.connect(state.set_device)
        toolbar.theme_chosen.connect(self.theme_asked)
        self.diagram.convolution_asked.connect(self.show_convolution)

    # ---- what is shown

    def show_result(self, result: Result) -> None:
        """Hand a result to the diagram and to every panel."""
        self.toolbar.mark_networks()  # weights may have been downloaded
        views: list[DiagramView | ExplorerPanel] = [self.diagram, *self.panels.values()]
        for_each(views, lambda view: view.show_result(result))

    def drawing(self) -> Diagram | None:
        return self.diagram.exported()

    def figures(self) -> list[Figure]:
        """Those of the panels that are open."""
        shown = [panel for panel in self.panels.values() if panel.isVisible()]
        return [figure for panel in shown for figure in panel.figures()]

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        self.toolbar.show_theme(theme.current().name)
        views: list[DiagramView | SkipStrength | ExplorerPanel]
        views = [self.diagram, self.strength, *self.panels.values()]
        for_each(views, lambda view: view.retheme())
        for title in self.findChildren(DockTitle):
            title.retheme()
        for dock in self.docks.values():
            # Qt lays a hidden panel out with the least size that the last font needed, and it
            # would lie over its neighbour.
            if (layout := dock.layout()) is not None:
                layout.activate()

    def _show_structure(self, structure: Structure) -> None:
        self.diagram.show_structure(structure)
        self.strength.show_structure(structure)
        self._show_gates()
        self.commands_changed.emit()

    def _show_gates(self) -> None:
        if self.engine.structure is not None:
            self.toolbar.show_gates(self.engine.structure, self.state.snapshot.gates)

    def _offer_devices(self) -> None:
        self.toolbar.offer_devices(self.engine.devices)
        self.toolbar.show_device(self.state.snapshot.device)

    def choices(self) -> dict[str, Json]:
        """The level, which panels are open, and what each has chosen."""
        return {
            "level": self.diagram.level,
            "strength": self.strength.scope.currentData(),
            "open": [name for name, dock in self.docks.items() if not dock.isHidden()],
            "panels": {name: panel.choices() for name, panel in self.panels.items()},
        }

    def restore(self, choices: Mapping[str, Json]) -> None:
        level = choices.get("level")
        if level in ("network", "blocks", "layers"):
            self.diagram.set_level(level)
        self.strength.choose_scope(choices.get("strength"))
        if "open" in choices:
            for name, dock in self.docks.items():
                dock.setVisible(name in choices["open"])
        for name, kept in choices.get("panels", {}).items():
            if name in self.docks:
                self.panel(name).restore(kept)

    # ---- commands

    def toggle_stage(self, number: int) -> None:
        """Switch a stage's skips off if any is on, else on."""
        self.engine.toggle_stage(number)
        self._show_gates()  # the button that was clicked may stand otherwise

    def has_stage(self, number: int) -> bool:
        return self.engine.has_stage(number)

    def has_skips(self, _on: bool = True) -> bool:
        """True if there are skips that can be switched on or off."""
        return self.engine.has_stage(1)

    def cascade_can_go_back(self) -> bool:
        return self.cascade.can_go_back

    def cascade_is_on(self) -> bool:
        return self.cascade.phase != "idle"

    def toggle_cascade(self) -> None:
        """Start, pause or go on, with the cascade's panel in sight."""
        self._bring_up("cascade")
        self.cascade.toggle()

    def cascade_back(self) -> None:
        """Switch the skips on again one by one, with the cascade's panel in sight."""
        self._bring_up("cascade")
        self.cascade.back()

    def _bring_up(self, name: str) -> None:
        dock = self.docks[name]
        if not dock.isVisible():
            dock.show()
            dock.raise_()
            self._name_tabs()

    def ask_for_target(self) -> None:
        """Let the user choose the target class by its name."""
        result = self.engine.result
        if result is None:
            return
        text, given = QInputDialog.getItem(
            self,
            "Target class",
            "Show the gradient and Grad-CAM of the logit of:",
            list(result.labels),
            result.now.target,
        )
        if given:
            try:
                self.state.set_target(weights.find_class(result.labels, text))
            except ValueError as error:
                self.say(str(error))

    def show_convolution(self, layer: str) -> None:
        """Open a window on a convolution's kernels and on one of its pixels."""
        self.convolution = ConvolutionWindow(self.state.snapshot, layer, self.worker, self)
        self.convolution.show()

    def fill_panels(self, menu: QMenu) -> None:
        """A checkable action for each panel."""
        menu.addActions([dock.toggleViewAction() for dock in self.docks.values()])

    # ---- layout

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._arranged:
            self._arranged = True
            self.share_room()
        self._name_tabs()

    def _name_tabs(self) -> None:
        """Qt makes a tab bar where panels lie one upon the other, without a name."""
        for bar in self.docked.findChildren(QTabBar):
            if not bar.accessibleName():
                bar.setAccessibleName("Panels")

    def share_room(self) -> None:
        """Share the room out between the panels, in proportion to the window."""
        width, height = self.window().width(), self.window().height()
        horizontal, vertical = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        sides: list[QDockWidget] = []
        below: list[QDockWidget] = []
        for entry in PANELS:
            if entry.shown and not entry.beside:
                bottom = entry.area is Qt.DockWidgetArea.BottomDockWidgetArea
                (below if bottom else sides).append(self.docks[entry.name])
        self.docked.resizeDocks(sides, [round(0.2 * width)] * len(sides), horizontal)
        self.docked.resizeDocks(below, [round(0.4 * height)] * len(below), vertical)
        self.docked.resizeDocks(below, [round(width / max(1, len(below)))] * len(below), horizontal)

    def reset_layout(self) -> None:
        """Put every panel back in its place."""
        for dock in self.docks.values():
            dock.setFloating(False)
            dock.show()
        self.docked.restoreState(self._original_layout, LAYOUT_VERSION)
        self.share_room()

    def recall(self, settings: QSettings) -> None:
        """Put the panels where they were."""
        layout = settings.value("layout")
        if isinstance(layout, QByteArray):
            self._arranged = self.docked.restoreState(layout, LAYOUT_VERSION)

    def keep(self, settings: QSettings) -> None:
        """Keep where the panels are."""
        settings.setValue("layout", self.docked.saveState(LAYOUT_VERSION))


def _entry(name: str) -> PanelEntry:
    return next(entry for entry in PANELS if entry.name == name)
