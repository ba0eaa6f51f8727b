"""A video in the window, against the same network alone."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PySide6.QtCore import QEventLoop, QSettings

from resnet_viz.images import gallery
from resnet_viz.networks.choice import WeightsChoice
from resnet_viz.results.result import Result
from resnet_viz.views.shell.main_window import MainWindow
from tests.benchmarks.common import Beside, Measured, ratio
from tests.benchmarks.passes import bare_pass
from tests.video import make_video

PASSES = 8
"""Passes in a round."""


def live_against_bare(name: str, rounds: int) -> Measured:
    """Passes a second while a video of 30 frames a second plays and all is drawn, over bare ones.

    The video has 640×480 pixels, as cameras have, and stands still while the other side works.
    """
    photo = gallery.load_sample("astronaut").pixels[:480, :480]
    wide = np.concatenate([photo, photo[:, :160]], axis=1)
    with TemporaryDirectory() as folder:
        path = make_video(
            Path(folder) / "clip.avi", [np.roll(wide, 8 * i, 1) for i in range(60)], 1, 30
        )
        settings = QSettings(str(Path(folder) / "settings.ini"), QSettings.Format.IniFormat)
        window = MainWindow(settings)
        window.resize(1366, 768)
        loop = QEventLoop()
        came: deque[float] = deque(maxlen=PASSES + 1)
        window.engine.failed.connect(lambda failure: sys.exit(failure.sentence))

        last: deque[Result] = deque(maxlen=1)

        def take(result: Result) -> None:
            last.append(result)
            if window.live.frozen and result.snapshot == window.state.snapshot:
                loop.quit()
            elif result.snapshot.photo.stream is not None:
                came.append(time.perf_counter())
                if len(came) == PASSES + 1:
                    loop.quit()

        window.worker.finished.connect(take)
        window.state.set_network(name, WeightsChoice("untrained"))
        window.show()
        window.open_path(str(path))
        loop.exec()

        def rest() -> None:
            """Until the frozen frame has had its pass."""
            window.live.toggle_frozen()
            if last[-1].snapshot != window.state.snapshot:
                loop.exec()

        def ours() -> float:
            window.live.toggle_frozen()
            came.clear()
            loop.exec()
            taken = came[-1] - came[0]
            rest()
            return taken

        rest()

        def several() -> Callable[[], object]:
            once = bare_pass(name)
            return lambda: [once() for _ in range(PASSES)]

        bare = Beside(window.worker, several)
        times: list[tuple[float, float]] = []
        for _ in range(rounds + 1):
            times.append((bare(), ours()))
        window.close()
    alone, live = ([taken / PASSES for taken in side] for side in zip(*times[1:], strict=True))
    return ratio("a bare pass, one of a live video", alone, live)
