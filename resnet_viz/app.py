"""Start the program: the window, or what the command line asks for."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

INTERRUPTED = 128 + signal.SIGINT
"""What shells call the exit code of a program that was ended by Ctrl+C."""


def main(arguments: Sequence[str] | None = None) -> int:
    """``resnet-viz [image]`` opens the window, ``resnet-viz analyze …`` and others do not.

    Returns the exit code: 0, 2 after one sentence about what is wrong with the input, or 130 if
    it was interrupted.
    """
    try:
        return _main(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED


def _main(arguments: Sequence[str] | None) -> int:
    from resnet_viz import cli
    from resnet_viz.commands.terminal import complain, stand_in_for_closed_streams

    stand_in_for_closed_streams()
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if arguments and (arguments[0] in cli.COMMANDS or arguments[0].startswith("-")):
        return cli.main(arguments)
    if arguments and cli.like_a_command(arguments[0]) and not Path(arguments[0]).exists():
        return cli.main(arguments)
    if len(arguments) > 1:
        return complain(
            f"the window opens one image, not {len(arguments)}; "
            "for many, use: resnet-viz analyze IMAGE… --out DIR"
        )
    if not has_display():
        return complain(
            "there is no display to open a window on; without one, use: "
            "resnet-viz analyze IMAGE --out DIR"
        )
    return open_window(arguments[0] if arguments else None)


def has_display() -> bool:
    """False where Qt would find no screen and abort."""
    if sys.platform in ("darwin", "win32") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _leave(number: int, _frame: FrameType | None) -> None:
    """End at once: before there is a window, nothing has been begun that wants to be ended."""
    os._exit(128 + number)


def open_window(path: str | None) -> int:
    """Run the window until it is closed; ``path`` is a photo to show, else the sample photo."""
    before = {one: signal.signal(one, _leave) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        return _run_window(path)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _run_window(path: str | None) -> int:
    gc.disable()  # what is imported stays; afterwards `Garbage` sees to it

    from PySide6.QtCore import QSettings
    from PySide6.QtGui import QIcon
    from PySide6.QtWidgets import QApplication

    from resnet_viz import assets
    from resnet_viz.engine.garbage import Garbage
    from resnet_viz.views.shell.autosave import Autosave
    from resnet_viz.views.shell.interrupts import Interrupts
    from resnet_viz.views.shell.main_window import MainWindow
    from resnet_viz.views.shell.problems import Problems
    from resnet_viz.views.shell.welcome import SEEN

    ours = QApplication.instance() is None
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("ResNet Explorer")
    application.setOrganizationName("resnet-viz")
    application.setDesktopFileName("resnet-viz")
    application.setWindowIcon(QIcon(str(assets.path("icons", "resnet-viz.svg"))))
    settings = QSettings()
    garbage = Garbage(application)
    problems = Problems(parent=application)
    problems.watch()
    window = MainWindow(settings)
    problems.happened.connect(window.message.say_problem)
    window.worker.devices_known.connect(garbage.spare)
    interrupts = Interrupts(application)
    autosave = Autosave(window)
    window.show()
    autosave.begin()
    if path is not None:
        window.open_path(path)
    elif not settings.value(SEEN, False, type=bool):
        window.dialogs.show_welcome()
    code = application.exec()
    code = interrupts.code or code
    problems.end()
    autosave.end()
    threads = (window.worker, window.opening.loader, autosave, window.sessions)
    if ours or not all(each.ended for each in threads):
        # Nothing is left to do, and Python would take long over its own end: with torch in it, and
        # what the garbage spares, libraries complain of what leaks. An import cannot be interrupted
        # at all, and Python must not be taken down around its thread.
        settings.sync()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    interrupts.end()
    return code
