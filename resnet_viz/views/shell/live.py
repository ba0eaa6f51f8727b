"""A video or a camera as the input: its newest frame is the photo, again and again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QCameraPermission, QCoreApplication, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QMenu

from resnet_viz.engine.pace import Pace
from resnet_viz.engine.state import same_choice
from resnet_viz.engine.worker import Failure
from resnet_viz.images.live import VIDEO_SUFFIXES, frame, frame_size
from resnet_viz.images.photo import Photo, PhotoError, Stream
from resnet_viz.results.result import Result
from resnet_viz.views.shell import keys, recent
from resnet_viz.views.shell.live_sources import (
    CameraSource,
    MissingError,
    Source,
    VideoSource,
    multimedia,
)

if TYPE_CHECKING:
    from resnet_viz.views.shell.main_window import MainWindow

PATIENCE = 12_000
"""Milliseconds without a frame until it is said."""

_OVER = 2.0  # seconds over which rates are taken
_TELL = 500  # milliseconds between two looks at them
_LEAST = 40  # milliseconds from one frame to the next: more would only make the passes slower


class Live(QObject):
    """Hands the frames of one source to the state, and knows how fast that goes.

    The newest frame wins, and the window comes first: see `Pace`. When another photo is shown, the
    source is stopped; when it fails, its last frame stays, and is a photo like another.
    ``changed``: it began, ended or froze.
    """

    changed = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._state, self._message = window.state, window.message
        self._source: Source | None = None
        self._stream = Stream("")
        self._begun: Callable[[], object] | None = None
        self._pace = Pace(self._hand_on, 2, _LEAST, self)
        self.frozen = False
        self._frames: deque[float] = deque()
        self._passes: deque[float] = deque()
        self.patience = QTimer(self, singleShot=True, interval=PATIENCE)
        self.patience.timeout.connect(self._nothing_comes)
        self._look = QTimer(self, interval=_TELL)
        self._look.timeout.connect(self._tell)
        self._state.photo_changed.connect(self._follow)
        window.worker.finished.connect(self._count)
        window.engine.failed.connect(self._pass_failed)
        window.engine.cascade.changed.connect(self._cascade_changed)

    def is_on(self) -> bool:
        """True while a video or a camera is the input, frozen or not."""
        return self._source is not None

    # ---- opening

    def ask_for_video(self) -> None:
        """Let the user pick a file."""
        settings = self._window.settings
        patterns = " ".join(f"*{suffix}" for suffix in sorted(VIDEO_SUFFIXES))
        path, _ = QFileDialog.getOpenFileName(
            self._window,
            "Open a video",
            str(settings.value("folder", "")),
            f"Videos ({patterns});;All files (*)",
        )
        if path:
            settings.setValue("folder", str(Path(path).parent))
            self.open_video(Path(path))

    def open_video(self, path: Path) -> None:
        """Play a file, again and again."""
        if not path.is_file():
            self._message.say(f"{path} does not exist; check the name or choose another video")
            return
        try:
            source = VideoSource(path, multimedia(), self)
        except MissingError as error:
            self._message.say(str(error))
            return
        self._begin(source, partial(recent.add, self._window.settings, str(path)))

    def fill_cameras(self, menu: QMenu) -> None:
        """An action for each camera, or a line that says why there is none."""
        try:
            qt = multimedia()
        except MissingError as error:
            menu.addAction(str(error)).setEnabled(False)
            return
        devices = qt.QMediaDevices.videoInputs()
        for device in devices:
            name = device.description().replace("&", "&&")
            menu.addAction(name, partial(self.open_camera, device))
        if not devices:
            menu.addAction("No camera was found; plug one in").setEnabled(False)

    def open_camera(self, device: Any) -> None:
        """Look through a camera, a QCameraDevice, if the system lets us."""
        application = QCoreApplication.instance()
        assert application is not None
        permission, status = QCameraPermission(), Qt.PermissionStatus
        found = application.checkPermission(permission)
        if found == status.Undetermined:
            application.requestPermission(
                permission, self, lambda answer: self._answered(answer.status(), device)
            )
        else:
            self._answered(found, device)

    def _answered(self, status: Qt.PermissionStatus, device: Any) -> None:
        if status != Qt.PermissionStatus.Granted:
            self._message.say(
                "The system does not let this program use the camera; allow it in the system's "
                "settings for privacy, then choose the camera again"
            )
            return
        try:
            self._begin(CameraSource(device, multimedia(), self))
        except MissingError as error:
            self._message.say(str(error))

    def _begin(self, source: Source, begun: Callable[[], object] | None = None) -> None:
        """Play ``source``; ``begun`` is called when its first frame is on screen."""
        self.stop()
        self._message.clear()
        self._source, self._stream, self._begun = source, Stream(source.name), begun
        source.came.connect(self._took)
        source.failed.connect(self._fail)
        self._frames.clear()
        self._passes.clear()
        self.patience.start()
        self._look.start()
        source.begin()
        self._tell()
        self.changed.emit()

    # ---- while it runs

    def toggle_frozen(self) -> None:
        """Stay at this frame, or go on."""
        if self._source is None:
            return
        self.frozen = not self.frozen
        self._pace.clear()
        self._source.pause(self.frozen)
        if self.frozen:
            self.patience.stop()
        else:
            self.patience.start()
        self._tell()
        self.changed.emit()

    def stop(self) -> None:
        """Have no live input any more; the frame on screen stays, as a photo."""
        source, self._source = self._source, None
        if source is None:
            return
        for each in (self.patience, self._look):
            each.stop()
        self._pace.clear()
        self.frozen = False
        source.came.disconnect(self._took)
        source.failed.disconnect(self._fail)
        source.end()
        source.deleteLater()
        self._tell()
        self.changed.emit()

    def _took(self, newest: Any) -> None:
        self._frames.append(time.monotonic())
        if not self.frozen:
            self._pace.offer(newest)

    def _hand_on(self, newest: Any) -> None:
        """The newest frame is the photo."""
        source = self._source
        if source is None:
            return
        try:
            photo = frame(self._stream, _pixels(newest.toImage()), source.seconds)
        except PhotoError as error:
            self._fail(str(error))
            return
        if source.goes_on:
            self.patience.start()
        else:
            self.patience.stop()
        if not photo.beside(self._state.snapshot.photo):
            self._window.engine.photos.clear()
            if self._begun is not None:
                self._begun()
        self._state.set_frame(photo)

    def _count(self, result: Result) -> None:
        """A pass of a frame has come to its end."""
        if self._source is not None and result.snapshot.photo.stream is self._stream:
            self._passes.append(time.monotonic())

    def _follow(self, photo: Photo) -> None:
        """Another photo was opened, or an undone step has brought one back."""
        if photo.stream is not self._stream:
            self.stop()

    def _cascade_changed(self) -> None:
        """A cascade is of one photo."""
        if self._window.engine.cascade.phase == "running" and not self.frozen:
            self.toggle_frozen()

    def _pass_failed(self, failure: Failure) -> None:
        """Where not even a pass of what was chosen before succeeds, the next frame's would not."""
        result = self._window.engine.result
        if not self.frozen and (result is None or same_choice(failure.snapshot, result.snapshot)):
            self.toggle_frozen()

    # ---- what is said of it

    def _nothing_comes(self) -> None:
        if self._source is not None:
            self._fail(self._source.silence)

    def _fail(self, sentence: str) -> None:
        self.stop()
        self._message.say(sentence)

    def _tell(self) -> None:
        """Say in the status bar how fast it goes."""
        text, name = "", _short(self._stream.name)
        if self.frozen:
            its = keys.native(self._window.menus.actions["freeze"].shortcuts())
            text = f"{name} is frozen{f'; {its} goes on' if its else ''}"
        elif self._source is not None:
            frames, passes = (_per_second(moments) for moments in (self._frames, self._passes))
            text = f"{name}: {frames} frames/s, {passes} passes/s"
        self._window.status.show_live(text)


def _short(name: str) -> str:
    """At most 28 letters of it."""
    return name if len(name) <= 28 else f"{name[:14]}…{name[-13:]}"


def _per_second(moments: deque[float]) -> str:
    now = time.monotonic()
    while moments and moments[0] < now - _OVER:
        moments.popleft()
    rate = len(moments) / _OVER
    return f"{rate:.0f}" if rate >= 10 else f"{rate:.1f}"


def _pixels(image: QImage) -> np.ndarray:
    """(H, W, 3) uint8, reduced to what the networks need."""
    size = QSize(*frame_size(image.width(), image.height()))
    if image.size() != size:
        image = image.scaled(size, mode=Qt.TransformationMode.SmoothTransformation)
    image = image.convertToFormat(QImage.Format.Format_RGBX8888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    return np.ascontiguousarray(rows[:, :, :3])
