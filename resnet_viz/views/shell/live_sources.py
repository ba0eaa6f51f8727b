"""Where frames come from: a video file or a camera, by QtMultimedia.

QtMultimedia is imported when a video or a camera is first asked for; it may be missing.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import PySide6
from PySide6.QtCore import QLoggingCategory, QObject, Qt, QUrl, Signal

from resnet_viz.images.silence import quiet_ffmpeg


class MissingError(Exception):
    """QtMultimedia cannot be used; the text is a sentence for the user."""


def multimedia() -> ModuleType:
    """QtMultimedia.

    Raises:
        MissingError: it is not installed, or has nothing to read videos with.
    """
    global _quiet
    QLoggingCategory.setFilterRules("qt.multimedia*=false")
    install = "install it with “pip install --force-reinstall PySide6”, then start again"
    try:
        import PySide6.QtMultimedia as found
    except ModuleNotFoundError as error:
        raise MissingError(f"Videos and cameras need QtMultimedia; {install}") from error
    except ImportError as error:
        raise MissingError(
            f"Videos and cameras need QtMultimedia, which needs a library of the system ({error}); "
            "install that, then start again"
        ) from error
    if not found.QMediaPlayer().isAvailable():
        raise MissingError(f"QtMultimedia has nothing to read videos with; {install}")
    if not _quiet:  # not before it is loaded
        home = Path(PySide6.__file__).parent
        quiet_ffmpeg(home, home / "Qt" / "lib", home.parent)
        _quiet = True
    return found


_quiet = False


class Source(QObject):
    """Frames of one kind: ``came`` carries each as a QVideoFrame, and ``failed`` a sentence when
    there will be no more. ``name`` is shown to the user."""

    came = Signal(object)
    failed = Signal(str)
    _broke = Signal(str)
    goes_on = True
    """True where a source from which nothing comes for seconds is broken, or was taken away."""

    def __init__(self, name: str, qt: ModuleType, parent: QObject) -> None:
        super().__init__(parent)
        self.name = name
        self.sink: Any = qt.QVideoSink(self)
        self.sink.videoFrameChanged.connect(self._took)
        # Later, because who hears of it takes down what says so.
        self._broke.connect(self.failed, Qt.ConnectionType.QueuedConnection)

    @property
    def seconds(self) -> float | None:
        """The place in a video."""
        return None

    @property
    def silence(self) -> str:
        """What to say when nothing comes."""
        raise NotImplementedError

    def begin(self) -> None:
        raise NotImplementedError

    def pause(self, on: bool) -> None:
        """Rest where it is, or go on."""

    def end(self) -> None:
        """Give everything back."""
        self.sink.videoFrameChanged.disconnect(self._took)

    def _took(self, frame: Any) -> None:
        if frame.isValid():
            self.came.emit(frame)


class VideoSource(Source):
    """A file, played again and again, without its sound."""

    goes_on = False

    def __init__(self, path: Path, qt: ModuleType, parent: QObject) -> None:
        super().__init__(path.name, qt, parent)
        self._path = path
        self._loaded = qt.QMediaPlayer.MediaStatus.LoadedMedia
        self._player: Any = qt.QMediaPlayer(self)
        self._player.setVideoSink(self.sink)
        self._player.setLoops(qt.QMediaPlayer.Loops.Infinite.value)
        self._player.errorOccurred.connect(self._error)
        self._player.mediaStatusChanged.connect(self._status)

    @property
    def seconds(self) -> float:
        return float(self._player.position()) / 1000

    @property
    def silence(self) -> str:
        return f"No picture comes from {self.name}; it may be damaged: choose another video"

    def begin(self) -> None:
        self._player.setSource(QUrl.fromLocalFile(str(self._path.absolute())))
        self._player.play()

    def pause(self, on: bool) -> None:
        (self._player.pause if on else self._player.play)()

    def end(self) -> None:
        super().end()
        self._player.stop()
        self._player.setSource(QUrl())

    def _error(self, _error: object, text: str) -> None:
        why = f" ({text.rstrip('.')})" if text else ""
        self._broke.emit(
            f"{self.name} cannot be played{why}; choose another video, such as an MP4 with H.264"
        )

    def _status(self, status: object) -> None:
        if status == self._loaded and not self._player.hasVideo():
            self._broke.emit(
                f"{self.name} has no pictures in it that can be decoded; choose another video, "
                "such as an MP4 with H.264"
            )


class CameraSource(Source):
    """A camera, of which ``device`` is the QCameraDevice."""

    def __init__(self, device: Any, qt: ModuleType, parent: QObject) -> None:
        super().__init__(device.description(), qt, parent)
        self._device, self._qt = device, qt
        self._camera: Any = qt.QCamera(device, self)
        if formats := device.videoFormats():
            self._camera.setCameraFormat(min(formats, key=_distance))
        self._session: Any = qt.QMediaCaptureSession(self)
        self._session.setCamera(self._camera)
        self._session.setVideoSink(self.sink)
        self._camera.errorOccurred.connect(self._error)
        self._devices: Any = qt.QMediaDevices(self)
        self._devices.videoInputsChanged.connect(self._look)

    @property
    def silence(self) -> str:
        return f"No picture comes from {self.name}; {_UNPLUGGED}"

    def begin(self) -> None:
        self._camera.start()

    def end(self) -> None:
        super().end()
        self._camera.stop()

    def _error(self, _error: object, text: str) -> None:
        why = f" ({text.rstrip('.')})" if text else ""
        self._broke.emit(f"{self.name} gives no picture{why}; {_UNPLUGGED}")

    def _look(self) -> None:
        if self._device not in self._qt.QMediaDevices.videoInputs():
            self._broke.emit(f"{self.name} is gone; {_UNPLUGGED}")


_UNPLUGGED = (
    "see whether it is plugged in and no other program uses it, then choose it again under "
    "File → Camera"
)


def _distance(form: Any) -> tuple[bool, int]:
    """How far a camera's format is from what the networks need: 640 pixels wide, not slow."""
    return form.maxFrameRate() < 20, abs(form.resolution().width() - 640)
