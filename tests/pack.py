"""The pack of checkpoints as people have them, where it lies: kinds of file, made when needed."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

PACK = Path(__file__).parents[2] / "shared" / "checkpoints"
WHY = f"needs the pack of checkpoints in {PACK}"


def load() -> ModuleType | None:
    """The pack's make.py, or None where there is no pack."""
    path = PACK / "make.py"
    if not path.is_file():
        return None
    spec = importlib.util.spec_from_file_location("checkpoint_pack", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
