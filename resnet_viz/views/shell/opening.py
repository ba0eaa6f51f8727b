"""Opening photos and weights: from a file, the gallery, the clipboard, or dropped on the window."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject, QSettings, Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from resnet_viz.engine.explorer import Explorer
from resnet_viz.engine.loader import Loader
from resnet_viz.export.lectures import is_lecture
from resnet_viz.export.session import is_session
from resnet_viz.images import cifar10_test, gallery
from resnet_viz.images.live import is_video
from resnet_viz.images.photo import (
    SUFFIXES,
    Photo,
    PhotoError,
    find_photos,
    load_photo,
    photo_from_pixels,
)
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.networks.files.suffixes import SUFFIXES as WEIGHT_SUFFIXES
from resnet_viz.networks.files.suffixes import may_be_weights
from resnet_viz.views.shell import recent
from resnet_viz.views.shell.checkpoint import CheckpointOpener
from resnet_viz.views.shell.gallery import GalleryDialog
from resnet_viz.views.shell.message_bar import MessageBar
from resnet_viz.views.widgets import theme


class Opening(QObject):
    """Puts what the user opens into ``engine``: its state, and several photos into its strip.

    ``checkpoints`` opens weights.
    ``session_asked``, ``lecture_asked`` and ``video_asked`` carry the path of one to be opened.
    """

    session_asked = Signal(Path)
    lecture_asked = Signal(Path)
    video_asked = Signal(Path)

    def __init__(
        self,
        engine: Explorer,
        checkpoints: CheckpointOpener,
        settings: QSettings,
        message: MessageBar,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._engine, self._state, self._photos = engine, engine.state, engine.photos
        self._checkpoints, self._settings = checkpoints, settings
        self._message, self._window = message, window
        self.loader = Loader(self)
        self.loader.loaded.connect(self._take_loaded)
        self.loader.failed.connect(message.say)
        if path := str(settings.value("cifar10", "")):
            with suppress(PhotoError):  # it has been moved meanwhile
                cifar10_test.set_source(Path(path))
        self._state.weights_changed.connect(self._remember)
        self._photos.moved.connect(lambda path: self.loader.load(lambda: load_photo(path)))
        self._photos.folder_asked.connect(self.ask_for_folder)

    def open_path(self, path: str) -> None:
        """Open a photo, a folder of photos, weights and their network, a session or a video."""
        if is_session(Path(path)):
            self.session_asked.emit(Path(path))
            return
        if is_lecture(Path(path)):
            self.lecture_asked.emit(Path(path))
            return
        if Path(path).is_dir():
            self.open_photos([path])
            return
        if is_video(Path(path)):
            self.video_asked.emit(Path(path))
            return
        if may_be_weights(Path(path)):
            self._checkpoints.open(path)
            return
        self._photos.clear()
        self.loader.load(lambda: load_photo(path))

    def open_photos(self, paths: list[str]) -> None:
        """Open several photos, or all that are in a folder, to step through."""
        self.loader.load(lambda: find_photos(paths))

    def ask_for_folder(self) -> None:
        """Let the user pick a folder of photos."""
        folder = QFileDialog.getExistingDirectory(
            self._window, "Open a folder of photos", str(self._settings.value("folder", ""))
        )
        if folder:
            self._settings.setValue("folder", folder)
            self.open_photos([folder])

    def open_sample(self, name: str) -> None:
        """Show a photo of the gallery."""
        self._photos.clear()
        self.loader.load(lambda: gallery.load_sample(name))

    def show_gallery(self) -> None:
        """Let the user pick a sample photo."""
        result = self._engine.result
        labels = result.labels if result is not None else ()
        dialog = GalleryDialog(labels, self._window)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(self.open_sample)
        dialog.source_chosen.connect(lambda path: self._settings.setValue("cifar10", path))
        dialog.open()

    def ask_for_photo(self) -> None:
        """Let the user pick a file."""
        patterns = " ".join(f"*{suffix}" for suffix in sorted(SUFFIXES))
        weights_patterns = " ".join(f"*{suffix}" for suffix in WEIGHT_SUFFIXES)
        folder = str(self._settings.value("folder", ""))
        path, _ = QFileDialog.getOpenFileName(
            self._window,
            "Open a photo or weights",
            folder,
            f"Photos ({patterns});;Weights ({weights_patterns});;All files (*)",
        )
        if path:
            self._settings.setValue("folder", str(Path(path).parent))
            self.open_path(path)

    def ask_for_weights(self, network: str | None = None) -> None:
        """Ask for a file of weights, for ``network`` (or the one on screen) if it fits that."""
        name = network or self._state.snapshot.network
        patterns = " ".join(f"*{suffix}" for suffix in WEIGHT_SUFFIXES)
        path, _ = QFileDialog.getOpenFileName(
            self._window, "Open weights", "", f"Weights ({patterns});;All files (*)"
        )
        if path:
            self._message.clear()
            self._checkpoints.open(path, name)

    def paste(self) -> None:
        """Take the picture, or the first file, on the clipboard."""
        if not self._take(QGuiApplication.clipboard().mimeData(), "Pasted photo"):
            self._message.say("The clipboard holds no picture; copy one and paste again")

    def drop(self, data: QMimeData) -> None:
        """Open what was dropped."""
        if not self._take(data, "Dropped photo"):
            self._message.say("What was dropped is no file on this machine; save it and drop that")

    def fill_recent(self, menu: QMenu) -> None:
        """The photos, weights and sessions opened last."""
        paths = recent.paths(self._settings)
        for path in paths:
            action = menu.addAction(path.replace("&", "&&"))
            action.triggered.connect(lambda _=False, path=path: self.open_path(path))
        if not paths:
            menu.addAction("No file has been opened yet").setEnabled(False)

    def _take(self, data: QMimeData | None, name: str) -> bool:
        """Open what was dropped or pasted; False if it is neither a file nor a picture.

        A clipboard that holds nothing, or cannot be asked, has no data at all.
        """
        if data is None:
            return False
        paths = [url.toLocalFile() for url in data.urls() if url.isLocalFile()]
        if paths:
            first = Path(paths[0])
            kinds = (may_be_weights, is_session, is_lecture, is_video)
            if len(paths) == 1 or any(kind(first) for kind in kinds):
                self.open_path(paths[0])
            else:
                self.open_photos(paths)
            return True
        image = data.imageData() if data.hasImage() else None
        if not isinstance(image, QImage) or image.isNull():
            return False
        pixels = theme.to_pixels(image)
        self._photos.clear()
        self.loader.load(lambda: photo_from_pixels(pixels, name))
        return True

    def _take_loaded(self, found: Photo | list[Path]) -> None:
        if isinstance(found, Photo):
            self._show_photo(found)
            return
        paths = list(dict.fromkeys(map(str, found)))
        if len(paths) == 1:
            self.open_path(paths[0])
        else:
            self._message.clear()
            self._photos.show_photos(paths)

    def remember(self, path: str) -> None:
        """Put a file among the recent ones."""
        recent.add(self._settings, path)

    def _remember(self, weights: WeightsChoice) -> None:
        if weights.kind == "file":
            self.remember(weights.path)

    def _show_photo(self, photo: Photo) -> None:
        self._message.clear()
        if photo.path is not None:
            recent.add(self._settings, photo.path)
        self._state.set_photo(photo)
