"""Copy the newest state of all training runs into unfinished/, to be committed: see the README."""

from __future__ import annotations

import sys
from pathlib import Path

from resnet_viz.analysis.card import UNFINISHED, keep_runs

if __name__ == "__main__":
    runs = Path(sys.argv[1] if len(sys.argv) > 1 else "runs")
    kept = Path(sys.argv[2]) if len(sys.argv) > 2 else UNFINISHED
    try:
        for path in keep_runs(runs, kept):
            print(f"{path}: {path.stat().st_size / 2**20:.1f} MB")
    except OSError as error:
        sys.exit(str(error))
