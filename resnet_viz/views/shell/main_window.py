"""The window: panels around the block diagram, and the one loop from state to result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QByteArray, QMimeData, QSettings, QSize, Qt
from PySide6.QtGui import (
    QAction,
    QActionGroup,
    QCloseEvent,
    QContextMenuEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QImage,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QDockWidget,
    QFileDialog,
    QInputDialog,
    QMainWindow,
    QMenu,
    QMessageBox,
    QStackedWidget,
    QTabBar,
    QVBoxLayout,
    QWidget,
)

from resnet_viz.engine.cascade import Cascade
from resnet_viz.engine.loader import PhotoLoader
from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Failure, Worker
from resnet_viz.images import gallery
from resnet_viz.images.photo import (
    SUFFIXES,
    Photo,
    PhotoError,
    find_photos,
    load_photo,
    photo_from_pixels,
)
from resnet_viz.networks import catalog, weights
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.state_file import SUFFIXES as WEIGHT_SUFFIXES
from resnet_viz.networks.structure import Structure
from resnet_viz.results.result import Result, Snapshot
from resnet_viz.views.compare.page import ComparePage
from resnet_viz.views.degradation.page import DegradationPage
from resnet_viz.views.diagram.view import DiagramView
from resnet_viz.views.explorer.activations import ActivationsView
from resnet_viz.views.explorer.cascade import CascadeView
from resnet_viz.views.explorer.convolution import ConvolutionWindow
from resnet_viz.views.explorer.gradient_flow import GradientFlowView
from resnet_viz.views.explorer.photo import PhotoView
from resnet_viz.views.explorer.predictions import PredictionsView
from resnet_viz.views.explorer.saliency import SaliencyView
from resnet_viz.views.explorer.skip_strength import SkipStrength
from resnet_viz.views.help.glossary import glossary_of
from resnet_viz.views.help.what_is_this import WhatIsThis
from resnet_viz.views.instruments.page import InstrumentsPage
from resnet_viz.views.laboratory.page import LaboratoryPage
from resnet_viz.views.shell import recent
from resnet_viz.views.shell.actions import COMMANDS, make_actions
from resnet_viz.views.shell.checkpoint import CheckpointOpener
from resnet_viz.views.shell.gallery import GalleryDialog
from resnet_viz.views.shell.message_bar import MessageBar
from resnet_viz.views.shell.shortcuts import ShortcutsDialog
from resnet_viz.views.shell.status_bar import StatusBar
from resnet_viz.views.shell.toolbar import DEVICES, MOST_STAGES, Toolbar
from resnet_viz.views.story.page import StoryPage
from resnet_viz.views.training.page import TrainingPage
from resnet_viz.views.widgets import motion, theme
from resnet_viz.views.widgets.page import Page

LAYOUT_VERSION = 2
PAGES: dict[str, type[Page]] = {
    "laboratory": LaboratoryPage,
    "training": TrainingPage,
    "instruments": InstrumentsPage,
    "degradation": DegradationPage,
    "compare": ComparePage,
    "story": StoryPage,
}
"""The pages beside the explorer, by the names of their commands; the order is that of the tabs."""


class MainWindow(QMainWindow):
    """Everything on screen: the explorer, a window of panels in itself, and the pages beside it.

    ``settings`` keeps theme, device, mirror, layout and recent photos.
    """

    def __init__(self, settings: QSettings) -> None:
        super().__init__()
        self.settings = settings
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        self._application = application
        name = str(settings.value("theme", theme.DARK.name))
        theme.apply(application, theme.THEMES.get(name, theme.DARK))
        self.state = ExplorerState(gallery.load_sample(gallery.DEFAULT_SAMPLE))
        self.worker = Worker(self)
        self.loader = PhotoLoader(self)
        self._good: Result | None = None
        self._structure: Structure | None = None
        self._asked = False

        self.resize(QSize(1600, 900).boundedTo(self.screen().availableSize()))
        self.setAcceptDrops(True)
        self.message = MessageBar()
        self.checkpoints = CheckpointOpener(self.state, self.worker, self.message.say, self)
        self.diagram = DiagramView(self.state)
        self.explorer = QMainWindow()
        self.explorer.setWindowFlags(Qt.WindowType.Widget)
        self.explorer.setDockNestingEnabled(True)
        self.strength = SkipStrength(self.state)
        middle = QWidget()
        rows = QVBoxLayout(middle)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.diagram, 1)
        rows.addWidget(self.strength)
        self.explorer.setCentralWidget(middle)
        self.pages = {
            name: page(self.state, self.worker, self.message.say) for name, page in PAGES.items()
        }
        self.stack = QStackedWidget()
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.message)
        column.addWidget(self.checkpoints.progress)
        column.addWidget(self.stack, 1)
        self.setCentralWidget(centre)
        for widget in (self.explorer, *self.pages.values()):
            self.stack.addWidget(widget)

        self.photo = PhotoView(self.state)
        self.predictions = PredictionsView(self.state)
        self.activations = ActivationsView(self.state)
        self.saliency = SaliencyView(self.state)
        self.gradient_flow = GradientFlowView(self.state)
        self.cascade = Cascade(self.state, self)
        self.cascade_view = CascadeView(self.state, self.cascade)
        self.docks = self._make_docks()
        self.what_is_this = WhatIsThis(self)
        self.actions_by_name = self._make_actions()
        self._choices: dict[str, QActionGroup] = {}
        self._make_menus()
        self.toolbar = Toolbar(self.actions_by_name)
        self.explorer.addToolBar(self.toolbar)
        self.tabs = self._make_tabs()
        self.toolbar.show_theme(theme.current().name)
        self._offer_devices(("cpu",))
        self.status = StatusBar()
        self.setStatusBar(self.status)
        self._connect()
        self._network_changed(self.state.snapshot.network)
        self._original_layout = self.explorer.saveState(LAYOUT_VERSION)
        self._restore_layout()
        self._retitle()
        self._set_mirror(str(settings.value("mirror", "")))

    # ---- building

    def _make_docks(self) -> dict[str, QDockWidget]:
        areas = Qt.DockWidgetArea
        docks = {}
        for name, title, view, area in (
            ("photo", "Photo", self.photo, areas.LeftDockWidgetArea),
            ("predictions", "Predictions", self.predictions, areas.RightDockWidgetArea),
            ("activations", "Activations", self.activations, areas.BottomDockWidgetArea),
            ("saliency", "Grad-CAM", self.saliency, areas.BottomDockWidgetArea),
            ("gradient_flow", "Gradient flow", self.gradient_flow, areas.BottomDockWidgetArea),
            ("cascade", "Cascade", self.cascade_view, areas.BottomDockWidgetArea),
        ):
            dock = QDockWidget(title, self.explorer)
            dock.setObjectName(name)
            dock.setWidget(view)
            self.explorer.addDockWidget(area, dock)
            docks[name] = dock
        # Until it is asked for, the cascade's panel costs no room, not even that of a tab.
        self.explorer.tabifyDockWidget(docks["saliency"], docks["cascade"])
        docks["cascade"].hide()
        return docks

    def _arrange(self) -> None:
        """Share the room out between the panels, in proportion to the window."""
        width, height = self.width(), self.height()
        horizontal, vertical = Qt.Orientation.Horizontal, Qt.Orientation.Vertical
        sides = [self.docks["photo"], self.docks["predictions"]]
        bottom = [self.docks[name] for name in ("activations", "saliency", "gradient_flow")]
        self.explorer.resizeDocks(sides, [round(0.2 * width), round(0.2 * width)], horizontal)
        self.explorer.resizeDocks(bottom, [round(0.4 * height)] * 3, vertical)
        self.explorer.resizeDocks(bottom, [round(width / 3)] * 3, horizontal)

    def _make_actions(self) -> dict[str, QAction]:
        def stage(number: int) -> Callable[[], None]:
            return lambda: self.toggle_stage(number)

        def page(number: int) -> Callable[[], None]:
            return lambda: self.tabs.setCurrentIndex(number)

        return make_actions(
            self,
            {
                "open": self.ask_for_photo,
                "open_folder": self.ask_for_folder,
                "paste": self.paste,
                "samples": self.show_gallery,
                "quit": self.close,
                "weights_file": self.ask_for_weights,
                "weights_default": lambda: self.state.set_weights(WeightsChoice()),
                "weights_untrained": lambda: self.state.set_weights(WeightsChoice("untrained")),
                "mirror": self.ask_for_mirror,
                "preprocessing": self.checkpoints.ask_for_preprocessing,
                "class_names": self.checkpoints.ask_for_class_names,
                "target": self.ask_for_target,
                "target_automatic": lambda: self.state.set_target(None),
                "skips_on": lambda: self.set_all_skips(True),
                "skips_off": lambda: self.set_all_skips(False),
                "cascade": lambda: self.run_cascade(self.cascade.toggle),
                "cascade_back": lambda: self.run_cascade(self.cascade.back),
                "cascade_stop": self.cascade.stop,
                **{f"stage_{number}": stage(number) for number in range(1, MOST_STAGES + 1)},
                **{
                    f"page_{name}": page(number)
                    for number, name in enumerate(("explorer", *self.pages))
                },
                "fit": self.diagram.fit,
                "find": self.diagram.open_search,
                "play": self.diagram.play,
                "turn": self.diagram.turn,
                "zoom_in": self.diagram.zoom_in,
                "zoom_out": self.diagram.zoom_out,
                "full_screen": self.toggle_full_screen,
                "reset_layout": self.reset_layout,
                "glossary": lambda: glossary_of(self).bring_up(),
                "what_is_this": self.what_is_this.begin,
                "shortcuts": self.show_shortcuts,
                "about": self.show_about,
            },
        )

    def _make_menus(self) -> None:
        bar, actions = self.menuBar(), self.actions_by_name
        files = bar.addMenu("&File")
        files.addActions([actions[name] for name in ("open", "open_folder", "paste")])
        self._recent = files.addMenu("&Recent photos")
        self._recent.aboutToShow.connect(self._fill_recent)
        files.addAction(actions["samples"])
        files.addSeparator()
        files.addAction(actions["quit"])

        network = bar.addMenu("&Network")
        groups: dict[str, QMenu] = {}
        choices = self._choices["network"] = QActionGroup(self)
        for spec in catalog.CATALOG.values():
            if spec.group not in groups:
                groups[spec.group] = network.addMenu(spec.group)
            self._add_choice(
                groups[spec.group], choices, spec.title, spec.name, self._choose_network
            )
        network.addSeparator()
        for name in ("weights_default", "weights_file", "weights_untrained", "mirror"):
            network.addAction(actions[name])
        network.addSeparator()
        network.addActions([actions["preprocessing"], actions["class_names"]])
        network.addSeparator()
        network.addActions([actions["target"], actions["target_automatic"]])
        network.addSeparator()
        self._device_menu = network.addMenu("&Device")
        self._choices["device"] = QActionGroup(self)

        skips = bar.addMenu("&Skips")
        skips.addActions([actions["skips_on"], actions["skips_off"]])
        skips.addSeparator()
        skips.addActions([actions[f"cascade{part}"] for part in ("", "_back", "_stop")])
        skips.addSeparator()
        skips.addActions([actions[f"stage_{number}"] for number in range(1, MOST_STAGES + 1)])

        view = bar.addMenu("&View")
        themes = view.addMenu("&Theme")
        group = self._choices["theme"] = QActionGroup(self)
        for style in theme.THEMES.values():
            self._add_choice(themes, group, style.title, style.name, self.set_theme)
        self._check("theme", theme.current().name)
        moves = view.addAction("&Moving curves")
        moves.setCheckable(True)
        moves.setChecked(bool(self.settings.value("motion", True, type=bool)))
        moves.toggled.connect(self._allow_motion)
        self._allow_motion(moves.isChecked())
        panels = view.addMenu("&Panels")
        for dock in self.docks.values():
            panels.addAction(dock.toggleViewAction())
        view.addSeparator()
        view.addActions([actions[f"page_{name}"] for name in ("explorer", *self.pages)])
        view.addSeparator()
        for name in ("fit", "zoom_in", "zoom_out", "find", "play", "turn"):
            view.addAction(actions[name])
        view.addSeparator()
        for name in ("full_screen", "reset_layout"):
            view.addAction(actions[name])

        about = bar.addMenu("&Help")
        about.addActions(
            [actions[name] for name in ("glossary", "what_is_this", "shortcuts", "about")]
        )

    def _make_tabs(self) -> QTabBar:
        """The pages' tabs, in the menu bar's free end, so that they cost no height."""
        tabs = QTabBar()
        tabs.setAccessibleName("Pages")
        tabs.setDrawBase(False)
        tabs.setExpanding(False)
        tabs.setUsesScrollButtons(False)
        for name in ("explorer", *self.pages):
            command = COMMANDS[f"page_{name}"]
            number = tabs.addTab(command.text.replace("&", ""))
            tabs.setTabToolTip(number, f"{command.tip} ({command.shortcut})")
        self.menuBar().setNativeMenuBar(False)
        self.menuBar().setCornerWidget(tabs)
        tabs.currentChanged.connect(self._turn_to)
        return tabs

    def _turn_to(self, number: int) -> None:
        self.stack.setCurrentIndex(number)
        self._enable_skips()

    def _add_choice(
        self,
        menu: QMenu,
        group: QActionGroup,
        text: str,
        value: str,
        choose: Callable[[str], None],
    ) -> None:
        action = menu.addAction(text)
        action.setCheckable(True)
        action.setData(value)
        action.triggered.connect(lambda: choose(value))
        group.addAction(action)

    def _check(self, group: str, value: str) -> None:
        for action in self._choices[group].actions():
            action.setChecked(action.data() == value)

    def _connect(self) -> None:
        state, worker = self.state, self.worker
        state.snapshot_changed.connect(worker.request)
        state.network_changed.connect(self._network_changed)
        state.gates_changed.connect(lambda _: self._show_gates())
        state.device_changed.connect(self._device_changed)
        worker.finished.connect(self.show_result)
        worker.finished.connect(self.cascade.show_result)
        self.cascade.changed.connect(self._enable_skips)
        worker.failed.connect(self._failed)
        worker.cancelled.connect(self._cancelled)
        self.diagram.convolution_asked.connect(self.show_convolution)
        worker.structure_known.connect(self._show_structure)
        worker.devices_known.connect(self._offer_devices)
        worker.progressed.connect(self.status.show_progress)
        worker.busy_changed.connect(self.status.show_busy)
        self.status.cancel_asked.connect(worker.cancel)
        for page in self.pages.values():
            page.network_asked.connect(self.explore)
            page.page_asked.connect(self.turn_to_page)
        self.toolbar.network_chosen.connect(self._choose_network)
        self.toolbar.device_chosen.connect(self.choose_device)
        self.toolbar.theme_chosen.connect(self.set_theme)
        self.what_is_this.unknown.connect(self.message.say)
        self.loader.loaded.connect(self._show_photo)
        self.photo.strip.moved.connect(lambda path: self.loader.load(lambda: load_photo(path)))
        self.loader.failed.connect(self.message.say)

    # ---- the loop

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for the first result once the window is on screen."""
        super().showEvent(event)
        if not self._asked:
            self._asked = True
            if not self.settings.value("layout"):
                self._arrange()
            device = str(self.settings.value("device", "auto"))
            if device in DEVICES and device != "auto":
                self.state.set_device(device)  # type: ignore[arg-type]
            else:
                self.worker.request(self.state.snapshot)

    def show_result(self, result: Result) -> None:
        """Hand a result to every view."""
        self._good = result
        if result.structure is not self._structure:
            self._show_structure(result.structure)
        for view in (*self._views(), *self.pages.values()):
            view.show_result(result)
        self.status.show_result(result)
        self._retitle()

    def _views(
        self,
    ) -> tuple[
        DiagramView
        | PhotoView
        | PredictionsView
        | ActivationsView
        | SaliencyView
        | GradientFlowView
        | CascadeView,
        ...,
    ]:
        return (
            self.diagram,
            self.photo,
            self.predictions,
            self.activations,
            self.saliency,
            self.gradient_flow,
            self.cascade_view,
        )

    def _show_structure(self, structure: Structure) -> None:
        self._structure = structure
        self.diagram.show_structure(structure)
        self.strength.show_structure(structure)
        self._enable_skips()
        self._show_gates()

    def _enable_skips(self) -> None:
        """Only what the network has can be switched, and only where the user sees it."""
        structure = self._structure
        there = structure is not None and self.stack.currentWidget() is self.explorer
        stages = len(structure.stages) if structure is not None and structure.skips else 0
        for name in ("skips_on", "skips_off", "cascade"):
            self.actions_by_name[name].setEnabled(there and stages > 0)
        for number in range(1, MOST_STAGES + 1):
            self.actions_by_name[f"stage_{number}"].setEnabled(there and number <= stages)
        self.actions_by_name["cascade_back"].setEnabled(there and self.cascade.can_go_back)
        self.actions_by_name["cascade_stop"].setEnabled(there and self.cascade.phase != "idle")

    def _show_gates(self) -> None:
        if self._structure is not None:
            self.toolbar.show_gates(self._structure, self.state.snapshot.gates)

    def _failed(self, failure: Failure) -> None:
        """Say what went wrong and go back to what was last on screen."""
        asked = failure.snapshot
        self._go_back()
        if failure.kind == "unavailable":
            self.message.say(
                failure.sentence,
                [
                    ("Retry", lambda: self._try_again(asked)),
                    ("Open file…", lambda: self.ask_for_weights(asked.network)),
                    (
                        "Use untrained weights",
                        lambda: self.state.set_network(asked.network, WeightsChoice("untrained")),
                    ),
                ],
            )
        elif failure.kind == "no_torch":
            self.message.say(failure.sentence, [("Retry", lambda: self._try_again(asked))])
        else:
            self.message.say(failure.sentence)

    def _go_back(self) -> None:
        """Choose again what was last on screen."""
        if self._good is None:
            self.status.text.setText("No result yet")
            return
        self.state.restore(self._good.snapshot)
        self._show_structure(self._good.structure)

    def _try_again(self, asked: Snapshot) -> None:
        if asked == self.state.snapshot:
            self.worker.request(asked)
        else:
            self.state.set_network(asked.network, asked.weights)

    def _cancelled(self, snapshot: Snapshot) -> None:
        title = catalog.find(snapshot.network).title
        if self._good is None:
            self.message.say(
                f"{title} was cancelled", [("Retry", lambda: self._try_again(snapshot))]
            )
            return
        self._go_back()
        self.message.say(f"{title} was cancelled; this is still {self._good.structure.title}")

    def _retitle(self) -> None:
        title = "ResNet Explorer"
        if self._good is not None:
            untrained = "" if self._good.weights.trained else " (untrained)"
            title = (
                f"{self._good.structure.title}{untrained} – {self._good.snapshot.photo.name} – "
                f"{title}"
            )
        self.setWindowTitle(title)

    # ---- photos

    def open_path(self, path: str) -> None:
        """Open a photo, a folder of photos, or weights and the network that they are for."""
        if Path(path).is_dir():
            self.open_photos([path])
            return
        if Path(path).suffix.lower() in WEIGHT_SUFFIXES:
            self.checkpoints.open(path)
            return
        self.photo.strip.clear()
        self.loader.load(lambda: load_photo(path))

    def open_photos(self, paths: list[str]) -> None:
        """Open several photos, or all that are in a folder, to step through."""
        try:
            found = list(dict.fromkeys(map(str, find_photos(paths))))
        except PhotoError as error:
            self.message.say(str(error))
            return
        if len(found) == 1:
            self.open_path(found[0])
        else:
            self.message.clear()
            self.photo.strip.show_photos(found)

    def ask_for_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(
            self, "Open a folder of photos", str(self.settings.value("folder", ""))
        )
        if folder:
            self.settings.setValue("folder", folder)
            self.open_photos([folder])

    def open_sample(self, name: str) -> None:
        """Show a photo of the gallery."""
        self.photo.strip.clear()
        self.loader.load(lambda: gallery.load_sample(name))

    def show_gallery(self) -> None:
        """Let the user pick a sample photo."""
        dialog = GalleryDialog(self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(self.open_sample)
        dialog.open()

    def ask_for_photo(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in sorted(SUFFIXES))
        weights_patterns = " ".join(f"*{suffix}" for suffix in WEIGHT_SUFFIXES)
        folder = str(self.settings.value("folder", ""))
        path, _ = QFileDialog.getOpenFileName(
            self,
            "Open a photo or weights",
            folder,
            f"Photos ({patterns});;Weights ({weights_patterns});;All files (*)",
        )
        if path:
            self.settings.setValue("folder", str(Path(path).parent))
            self.open_path(path)

    def paste(self) -> None:
        """Take the picture, or the first file, on the clipboard."""
        if not self._take(QGuiApplication.clipboard().mimeData(), "Pasted photo"):
            self.message.say("The clipboard holds no picture; copy one and paste again")

    def _take(self, data: QMimeData, name: str) -> bool:
        """Open what was dropped or pasted; False if it is neither a file nor a picture."""
        paths = [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
        if paths:
            if len(paths) == 1 or Path(paths[0]).suffix.lower() in WEIGHT_SUFFIXES:
                self.open_path(paths[0])
            else:
                self.open_photos(paths)
            return True
        image = data.imageData() if data.hasImage() else None
        if not isinstance(image, QImage) or image.isNull():
            return False
        pixels = theme.to_pixels(image)
        self.photo.strip.clear()
        self.loader.load(lambda: photo_from_pixels(pixels, name))
        return True

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome files and pictures."""
        if event.mimeData().hasUrls() or event.mimeData().hasImage():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        event.acceptProposedAction()
        if not self._take(event.mimeData(), "Dropped photo"):
            self.message.say("What was dropped is no file on this machine; save it and drop that")

    def _show_photo(self, photo: Photo) -> None:
        self.message.clear()
        if photo.path is not None:
            recent.add(self.settings, photo.path)
        self.state.set_photo(photo)

    def _fill_recent(self) -> None:
        self._recent.clear()
        paths = recent.paths(self.settings)
        for path in paths:
            action = self._recent.addAction(path)
            action.triggered.connect(lambda _=False, path=path: self.open_path(path))
        if not paths:
            self._recent.addAction("No photo has been opened yet").setEnabled(False)

    # ---- choices

    def _choose_network(self, name: str) -> None:
        if name != self.state.snapshot.network:
            self.message.clear()
            self.state.set_network(name)

    def explore(self, name: str) -> None:
        """Open a network of the catalog in the explorer."""
        self.tabs.setCurrentIndex(0)
        self._choose_network(name)

    def turn_to_page(self, name: str) -> None:
        """Show a page by its name in PAGES."""
        names = ("explorer", *self.pages)
        if name in names:
            self.tabs.setCurrentIndex(names.index(name))
        else:
            self.message.say(f"There is no page {name!r} in this version of the program")

    def _network_changed(self, name: str) -> None:
        self.toolbar.show_network(name)
        self._check("network", name)

    def _offer_devices(self, devices: tuple[str, ...]) -> None:
        names = ("auto", *devices)
        self.toolbar.offer_devices(names)
        self._device_menu.clear()
        for name in names:
            choices = self._choices["device"]
            self._add_choice(self._device_menu, choices, DEVICES[name], name, self.choose_device)
        self._device_changed(self.state.snapshot.device)

    def choose_device(self, name: str) -> None:
        """Run on another device from now on."""
        self.settings.setValue("device", name)
        self.state.set_device(name)  # type: ignore[arg-type]

    def _device_changed(self, name: str) -> None:
        self.toolbar.show_device(name)
        self._check("device", name)

    def set_theme(self, name: str) -> None:
        """Draw everything in another theme."""
        self.settings.setValue("theme", name)
        theme.apply(self._application, theme.THEMES[name])
        self.toolbar.show_theme(name)
        self._check("theme", name)
        for view in (*self._views(), *self.pages.values(), self.message, self.strength):
            view.retheme()

    def _allow_motion(self, moves: bool) -> None:
        self.settings.setValue("motion", moves)
        motion.allow(moves)

    def ask_for_weights(self, network: str | None = None) -> None:
        """Ask for a file of weights, for ``network`` (or the one on screen) if it fits that."""
        name = network or self.state.snapshot.network
        patterns = " ".join(f"*{suffix}" for suffix in WEIGHT_SUFFIXES)
        path, _ = QFileDialog.getOpenFileName(
            self, f"Weights for {catalog.find(name).title}", "", f"Weights ({patterns})"
        )
        if path:
            self.message.clear()
            self.checkpoints.open(path, name)

    def ask_for_mirror(self) -> None:
        text, given = QInputDialog.getText(
            self,
            "Download mirror",
            "Address that holds the files of the official weights "
            "(empty: the official one), such as http://classroom.local/weights:",
            text=str(self.settings.value("mirror", "")),
        )
        if given and self._set_mirror(text.strip()):
            self.message.clear()
            self.settings.setValue("mirror", text.strip())

    def _set_mirror(self, address: str) -> bool:
        try:
            weights.set_mirror(address or None)
        except weights.WeightsError as error:
            self.message.say(str(error))
            return False
        return True

    def show_convolution(self, layer: str) -> None:
        """Open a window on a convolution's kernels and on one of its pixels."""
        self.convolution = ConvolutionWindow(self.state.snapshot, layer, self.worker, self)
        self.convolution.show()

    def ask_for_target(self) -> None:
        if self._good is None:
            return
        labels = list(self._good.labels)
        now = self._good.now.target
        text, given = QInputDialog.getItem(
            self, "Target class", "Show the gradient and Grad-CAM of the logit of:", labels, now
        )
        if given:
            try:
                self.state.set_target(weights.find_class(self._good.labels, text))
            except ValueError as error:
                self.message.say(str(error))

    # ---- skips

    def set_all_skips(self, on: bool) -> None:
        if self._structure is not None:
            self.state.set_skips(self._structure.skips, on)

    def run_cascade(self, step: Callable[[], None]) -> None:
        """Start, pause or reverse the cascade, with its panel in sight."""
        dock = self.docks["cascade"]
        if not dock.isVisible():
            dock.show()
            dock.raise_()
        step()

    def toggle_stage(self, number: int) -> None:
        """Switch a stage's skips off if any is on, else on."""
        if self._structure is None or number > len(self._structure.stages):
            return
        skips = self._structure.stages[number - 1].skips
        self.state.set_skips(skips, not any(map(self.state.snapshot.gates.skip, skips)))
        self._show_gates()

    # ---- the window itself

    def toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def reset_layout(self) -> None:
        for dock in self.docks.values():
            dock.setFloating(False)
            dock.show()
        self.explorer.restoreState(self._original_layout, LAYOUT_VERSION)
        self._arrange()

    def _restore_layout(self) -> None:
        geometry, layout = self.settings.value("geometry"), self.settings.value("layout")
        if isinstance(geometry, QByteArray):
            self.restoreGeometry(geometry)
        if isinstance(layout, QByteArray):
            self.explorer.restoreState(layout, LAYOUT_VERSION)

    def show_shortcuts(self) -> None:
        ShortcutsDialog(self).exec()

    def show_about(self) -> None:
        QMessageBox.about(
            self,
            "ResNet Explorer",
            "<p>See what every block of a residual network does with your image, forwards and "
            "backwards, and switch the skips off to see what they are for.</p>"
            "<p>He, Zhang, Ren and Sun, “Deep Residual Learning for Image Recognition”, "
            "arXiv:1512.03385.</p>",
        )

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to explain the words under the mouse, where nothing else has a menu."""
        widget = self.childAt(event.pos())
        if widget is None or not self.what_is_this.offer(widget, event.globalPos()):
            super().contextMenuEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep the layout, hide at once, and let what is running stop at its next block."""
        self.settings.setValue("geometry", self.saveGeometry())
        self.settings.setValue("layout", self.explorer.saveState(LAYOUT_VERSION))
        self.hide()
        self.worker.close()
        self.loader.close()
        self.photo.strip.close()
        super().closeEvent(event)
