"""Start the program: the window, or what the command line asks for."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """``resnet-viz [image]`` opens the window, ``resnet-viz analyze …`` and others do not.

    Returns the exit code: 0, or 2 after one sentence about what is wrong with the input.
    """
    from resnet_viz import cli

    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if arguments and (arguments[0] in cli.COMMANDS or arguments[0].startswith("-")):
        return cli.main(arguments)
    if len(arguments) > 1:
        print(
            f"the window opens one image, not {len(arguments)}; "
            "for many, use: resnet-viz analyze IMAGE… --out DIR",
            file=sys.stderr,
        )
        return 2
    if not has_display():
        print(
            "There is no display to open a window on; without one, use: "
            "resnet-viz analyze IMAGE --out DIR",
            file=sys.stderr,
        )
        return 2
    return open_window(arguments[0] if arguments else None)


def has_display() -> bool:
    """False where Qt would find no screen and abort."""
    if sys.platform in ("darwin", "win32") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def open_window(path: str | None) -> int:
    """Run the window until it is closed; ``path`` is a photo to show, else the sample photo."""
    from PySide6.QtCore import QSettings
    from PySide6.QtWidgets import QApplication

    from resnet_viz.engine.garbage import Garbage
    from resnet_viz.views.shell.main_window import MainWindow

    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("ResNet Explorer")
    application.setOrganizationName("resnet-viz")
    settings = QSettings()
    garbage = Garbage(application)
    window = MainWindow(settings)
    window.worker.devices_known.connect(garbage.spare)
    window.show()
    if path is not None:
        window.open_path(path)
    code = application.exec()
    if not (window.worker.ended and window.loader.ended):
        # An import cannot be interrupted, and Python must not be taken down around its thread.
        settings.sync()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code
