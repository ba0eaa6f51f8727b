"""The window: its pages, menus, message area and status bar."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QByteArray, QSettings, QSize, Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QContextMenuEvent,
    QDragEnterEvent,
    QDropEvent,
    QPaintEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QMainWindow, QVBoxLayout, QWidget

from resnet_viz import assets
from resnet_viz.assets import AssetError
from resnet_viz.engine.explorer import Explorer
from resnet_viz.engine.state import ExplorerState
from resnet_viz.engine.worker import Worker
from resnet_viz.images import gallery
from resnet_viz.results.result import Result
from resnet_viz.views.help.what_is_this import WhatIsThis
from resnet_viz.views.shell.animating import Animating
from resnet_viz.views.shell.checkpoint import CheckpointOpener
from resnet_viz.views.shell.choices import Choices, apply_theme
from resnet_viz.views.shell.copying import Copying
from resnet_viz.views.shell.dialogs import Dialogs, title_of
from resnet_viz.views.shell.export_dialog import Exporting
from resnet_viz.views.shell.failures import Failures
from resnet_viz.views.shell.handout import HandoutMaker
from resnet_viz.views.shell.live import Live
from resnet_viz.views.shell.menus import Menus
from resnet_viz.views.shell.message_bar import MessageBar
from resnet_viz.views.shell.missing_page import MissingPage
from resnet_viz.views.shell.opening import Opening
from resnet_viz.views.shell.page_stack import PageStack
from resnet_viz.views.shell.pages import PAGES, PageEntry
from resnet_viz.views.shell.prepare import Preparing
from resnet_viz.views.shell.sessions import Sessions
from resnet_viz.views.shell.status_bar import StatusBar
from resnet_viz.views.widgets.feature import Entry
from resnet_viz.views.widgets.page import Page
from resnet_viz.views.widgets.zoom import Zoom

LEAST = QSize(960, 600)
"""The least size of the window, in every theme, on a screen that has so much; pages scroll."""

FRAME = QSize(16, 48)
"""What a window manager's frame may add."""


PRESENTING = Entry("presenting", "Presentation", "resnet_viz.views.lecture.presenting:Presenting")


class MainWindow(QMainWindow):
    """Everything on screen. ``engine`` is the explorer without its window.

    ``settings`` keeps theme, device, mirror, layout and recent photos.
    """

    def __init__(self, settings: QSettings) -> None:
        super().__init__()
        self.settings = settings
        apply_theme(settings)
        self._shown = self._asked = False
        self._presenting: Any = None
        room = self.screen().availableSize() - FRAME
        self.setMinimumSize(LEAST.boundedTo(room))
        self.resize(QSize(1600, 900).boundedTo(room))
        self.setAcceptDrops(True)

        self.state = ExplorerState(gallery.load_sample(gallery.DEFAULT_SAMPLE))
        self.worker = Worker(self)
        self.engine = Explorer(self.state, self.worker, self)
        self.message = MessageBar()
        self.checkpoints = CheckpointOpener(self.state, self.worker, self.message.say, self)
        self.opening = Opening(self.engine, self.checkpoints, settings, self.message, self)
        self.choices = Choices(self.engine, settings, self.message, self, self.retheme)
        self.handouts = HandoutMaker(self.engine, self.message.say, self)
        self.handouts.attribution = lambda: self.pages.attribution()
        self.exporting, self.copying = Exporting(self), Copying(self)
        self.animating = Animating(self)
        self.preparing = Preparing(self.engine, self.message.say, self)
        self.what_is_this = WhatIsThis(self)
        self.dialogs = Dialogs(self)
        self.status = StatusBar()
        self.setStatusBar(self.status)
        self.live = Live(self)
        self.failures = Failures(self.engine, self.opening, self.message, self.status, self)
        self.menus = Menus(self, lambda: self.pages, settings)
        self.pages = PageStack(PAGES, self._make_page, self)
        self.tabs, self.stack = self.pages.tabs, self.pages.stack
        self._arrange()
        self.sessions = Sessions(self)
        self.zoom = Zoom(self.stack)
        self._connect()
        self.pages.turn_to(PAGES[0].name)
        self.menus.fill()
        self.actions_by_name = self.menus.actions
        self.menus.refresh()
        if isinstance(geometry := settings.value("geometry"), QByteArray):
            self.restoreGeometry(geometry)
        self._retitle()
        self.choices.first_mirror()
        if said := [*filter(None, [_trouble(settings)]), *sorted(assets.faults)]:
            self.message.say(". ".join(said))

    # ---- building

    def _arrange(self) -> None:
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.message)
        for long_work in (self.checkpoints, self.handouts, self.animating):
            column.addWidget(long_work.progress)
        column.addWidget(self.stack, 1)
        self.setCentralWidget(centre)
        # In the menu bar's free end the tabs cost no height.
        self.menuBar().setNativeMenuBar(False)
        self.menuBar().setCornerWidget(self.tabs)

    def _make_page(self, entry: PageEntry) -> Page:
        page: Page
        try:
            page = entry.load().of(self.engine, self.message.say, self.menus.actions)
        except AssetError as error:
            return MissingPage.saying(self.engine, str(error))
        page.network_asked.connect(self.explore)
        page.page_asked.connect(self.turn_to_page)
        page.theme_asked.connect(self.choices.set_theme)
        page.commands_changed.connect(self.menus.refresh)
        page.recall(self.settings)
        return page

    def _connect(self) -> None:
        engine, worker = self.engine, self.worker
        engine.result_changed.connect(self._show_result)
        engine.said.connect(self.message.say)
        self.sessions.changed.connect(self._retitle)
        self.zoom.refused.connect(self.message.say)
        self.opening.session_asked.connect(self.sessions.open)
        self.opening.lecture_asked.connect(lambda path: self.presenting.open(path))
        self.opening.video_asked.connect(self.live.open_video)
        self.live.changed.connect(self.menus.refresh)
        worker.progressed.connect(self.status.show_progress)
        worker.busy_changed.connect(self.status.show_busy)
        self.status.cancel_asked.connect(engine.cancel)
        self.what_is_this.unknown.connect(self.message.say)
        self.state.undo_stack.indexChanged.connect(self.menus.refresh)
        self.state.weights_changed.connect(self.menus.refresh)
        self.pages.turned.connect(self.menus.refresh)

    # ---- pages

    @property
    def explorer(self) -> Page:
        """The page with the block diagram."""
        return self.pages["explorer"]

    @property
    def presenting(self) -> Any:
        """What presents lectures and pages; made when it is first wanted."""
        if self._presenting is None:
            self._presenting = PRESENTING.load()(self)
        return self._presenting

    def turn_to_page(self, name: str) -> None:
        """Show a page by its name in PAGES."""
        if name in self.pages:
            self.pages.turn_to(name)
        else:
            self.message.say(f"There is no page {name!r} in this version of the program")

    def explore(self, name: str) -> None:
        """Open a network of the catalog in the explorer.

        One that another page asks for is opened untrained if its weights cannot be had.
        """
        self.failures.untrained_if_missing = "" if self.pages.current == "explorer" else name
        self.turn_to_page("explorer")
        self.choices.choose_network(name)

    def open_path(self, path: str) -> None:
        """Open a photo, a folder of photos, weights and their network, a session or a video."""
        self.opening.open_path(path)

    # ---- results and failures

    def showEvent(self, event: QShowEvent) -> None:
        """Take the device of the settings."""
        super().showEvent(event)
        if not self._shown:
            self._shown = True
            self.choices.first_device()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ask for the first result once the window is on screen: importing torch would delay it."""
        super().paintEvent(event)
        if not self._asked:
            self._asked = True
            QTimer.singleShot(0, self.engine.begin)

    def _show_result(self, result: Result) -> None:
        self.pages.show_result(result)
        self.status.show_result(result)
        self._retitle()

    def _retitle(self) -> None:
        path = self.sessions.path
        self.setWindowTitle(title_of(self.engine.result, path))
        self.setWindowModified(path is not None and self.sessions.modified)

    def say_address(self, address: str) -> None:
        """Say an address that no browser opens."""
        self.message.say_with_copy(f"No browser could be opened for {address}", "Copy", address)

    # ---- the window itself

    def set_theme(self, name: str) -> None:
        """Draw everything in another theme."""
        self.choices.set_theme(name)

    def retheme(self) -> None:
        """Take colours and fonts from the theme in use."""
        self.pages.retheme()
        self.message.retheme()
        if self._presenting is not None:
            self._presenting.retheme()
        self.zoom.retheme()
        self.tabs.updateGeometry()

    def toggle_full_screen(self) -> None:
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome files and pictures."""
        if event.mimeData().hasUrls() or event.mimeData().hasImage():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        event.acceptProposedAction()
        self.opening.drop(event.mimeData())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to explain the words under the mouse, where nothing else has a menu."""
        widget = self.childAt(event.pos())
        at = event.globalPos()
        if widget is None or not (
            self.what_is_this.offer(widget, at) or self.copying.offer(widget, at)
        ):
            super().contextMenuEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keep the layout, hide at once, and let what is running stop at its next block."""
        if not self.sessions.may_close():
            event.ignore()
            return
        if self._presenting is not None:
            self._presenting.end()
        self.settings.setValue("geometry", self.saveGeometry())
        self.pages.keep(self.settings)
        self.hide()
        self.menus.close()
        self.live.stop()
        self.worker.close()
        self.opening.loader.close()
        self.sessions.close()
        self.engine.photos.close()
        super().closeEvent(event)


def _trouble(settings: QSettings) -> str:
    """What is wrong with the file of the settings, and what it means; "" if nothing is."""
    name, status = settings.fileName(), settings.status()
    if status == QSettings.Status.FormatError:
        return f"The settings in {name} are damaged; choose theme, device and keys anew"
    if status == QSettings.Status.AccessError:
        return f"The settings in {name} cannot be read and written; what you choose is not kept"
    return ""
