"""Runs scripts in an interpreter of their own, which cannot import this package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def printed(script: str, folder: Path) -> list[list[str]]:
    """The cells of the lines that a script prints."""
    path = folder / "script.py"
    blocked = "import sys\nsys.modules['resnet_viz'] = None\n"
    path.write_text(blocked + script, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", str(path)], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]
