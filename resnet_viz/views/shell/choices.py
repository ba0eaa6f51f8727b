"""The choices of the menus: network, weights, device, theme, motion and the download mirror."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QSettings
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QApplication, QInputDialog, QMenu, QWidget

from resnet_viz.engine.explorer import Explorer
from resnet_viz.networks import catalog, weights
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.results.result import DEVICES
from resnet_viz.views.shell.message_bar import MessageBar
from resnet_viz.views.widgets import motion, theme


class Choices(QObject):
    """Offers each choice in its menu, makes it, and keeps in ``settings`` what outlives the window.

    ``retheme`` is called when the theme has changed.
    """

    def __init__(
        self,
        explorer: Explorer,
        settings: QSettings,
        message: MessageBar,
        window: QWidget,
        retheme: Callable[[], None],
    ) -> None:
        super().__init__(window)
        self._explorer, self._settings, self._window = explorer, settings, window
        self._message, self._retheme = message, retheme
        motion.allow(bool(settings.value("motion", True, type=bool)))
        explorer.state.device_changed.connect(lambda name: settings.setValue("device", name))

    def draw_as_set(self) -> None:
        """Draw everything in the theme and the size of text of the settings again."""
        apply_theme(self._settings)
        self._retheme()

    def take_settings(self) -> None:
        """Take all that the settings say, or the defaults."""
        motion.allow(bool(self._settings.value("motion", True, type=bool)))
        apply_theme(self._settings)
        self._retheme()
        self.choose_device(str(self._settings.value("device", "auto")))
        self.first_mirror()

    def first_device(self) -> None:
        """Take the device of the settings, unless it is none."""
        device = str(self._settings.value("device", "auto"))
        if device in DEVICES:
            self._explorer.state.set_device(device)  # type: ignore[arg-type]

    # ---- networks and weights

    def fill_networks(self, menu: QMenu, group: str) -> None:
        """The networks of one group of the catalog."""
        specs = [spec for spec in catalog.CATALOG.values() if spec.group == group]
        now = self._explorer.state.snapshot.network
        # What follows a tab stands at the right, as a shortcut does.
        texts = {spec.name: f"{spec.title}\t{weights.availability(spec).text}" for spec in specs}
        _offer(menu, texts, now, self.choose_network)

    def choose_network(self, name: str) -> None:
        """Explore another network."""
        if name != self._explorer.state.snapshot.network:
            self._message.clear()
            self._explorer.state.set_network(name)

    def use_weights(self, kind: str) -> None:
        """Take the network's default weights, or none."""
        self._message.clear()
        self._explorer.state.set_weights(WeightsChoice(kind))  # type: ignore[arg-type]

    def ask_for_mirror(self) -> None:
        """Let the user name another address for the official weights."""
        text, given = QInputDialog.getText(
            self._window,
            "Download mirror",
            "Address that holds the files of the official weights "
            "(empty: the official one), such as http://classroom.local/weights:",
            text=str(self._settings.value("mirror", "")),
        )
        if given and self._set_mirror(text.strip()):
            self._message.clear()
            self._settings.setValue("mirror", text.strip())

    def first_mirror(self) -> None:
        """Take the mirror of the settings."""
        self._set_mirror(str(self._settings.value("mirror", "")))

    def _set_mirror(self, address: str) -> bool:
        try:
            weights.set_mirror(address or None)
        except weights.WeightsError as error:
            self._message.say(str(error))
            return False
        return True

    # ---- device, theme and motion

    def fill_devices(self, menu: QMenu) -> None:
        """What the network can run on."""
        explorer = self._explorer
        names = {name: DEVICES[name] for name in explorer.devices}
        _offer(menu, names, explorer.state.snapshot.device, self.choose_device)

    def choose_device(self, name: str) -> None:
        """Run on another device from now on."""
        self._message.clear()
        self._explorer.state.set_device(name)  # type: ignore[arg-type]

    def fill_themes(self, menu: QMenu) -> None:
        """The colours to draw everything in."""
        names = {style.name: style.title for style in theme.THEMES.values()}
        _offer(menu, names, theme.current().name, self.set_theme)

    def set_theme(self, name: str) -> None:
        """Draw everything in another theme."""
        self._settings.setValue("theme", name)
        apply_theme(self._settings)
        self._retheme()

    def fill_text_sizes(self, menu: QMenu) -> None:
        """How large text, lines and marks are."""
        names = {f"{size:g}": f"{100 * size:.0f} %" for size in theme.TEXT_SIZES}
        now = f"{text_size(self._settings):g}"
        _offer(menu, names, now, lambda size: self.set_text_size(float(size)))

    def change_text_size(self, steps: int) -> None:
        """So many steps larger or smaller, as far as there are sizes."""
        sizes = theme.TEXT_SIZES
        place = sizes.index(text_size(self._settings)) + steps
        self.set_text_size(sizes[min(max(place, 0), len(sizes) - 1)])

    def set_text_size(self, size: float) -> None:
        """Draw all text, lines and marks in another size, whatever the theme is."""
        self._settings.setValue("text_size", size)
        apply_theme(self._settings)
        self._retheme()

    @property
    def motion(self) -> bool:
        """True if curves may move to a new result."""
        return motion.allowed()

    def toggle_motion(self) -> None:
        """Let curves move, or draw results at once."""
        motion.allow(not motion.allowed())
        self._settings.setValue("motion", motion.allowed())


def text_size(settings: QSettings) -> float:
    """The size of text that ``settings`` keep, or 1."""
    try:
        return theme.nearest_size(float(str(settings.value("text_size", 1.0))))
    except ValueError:
        return 1.0


def apply_theme(settings: QSettings) -> None:
    """Draw everything in the theme and the size of text that ``settings`` keep."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    name = str(settings.value("theme", theme.DARK.name))
    theme.apply(application, theme.THEMES.get(name, theme.DARK), text_size(settings))


def _offer(menu: QMenu, choices: dict[str, str], now: str, choose: Callable[[str], object]) -> None:
    """A checkable action for each name and its text."""
    group = QActionGroup(menu)
    for name, text in choices.items():
        action = menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(name == now)
        action.setData(name)
        action.triggered.connect(lambda _=False, name=name: choose(name))
        group.addAction(action)
