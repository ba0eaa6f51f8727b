"""What scripts are put together from: files that they look for, the network, what it sees.

A script needs torch, torchvision and numpy (Pillow comes with torchvision). What comes from files,
names of classes and paths is written into it as literals, so that nothing of it is executed.
"""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import ParamSpec

import numpy as np
from PIL import Image, ImageOps

from resnet_viz.export.provenance import sha256_of
from resnet_viz.images.photo import Crop, Photo, clamp_crop, default_crop, network_picture
from resnet_viz.networks.catalog import NetworkSpec
from resnet_viz.results.result import Snapshot


class NoScript(Exception):
    """There is no script for this; its text is a sentence for the user."""


@dataclass(frozen=True)
class Template:
    """Text with names in double angle brackets, in which braces stand for themselves."""

    text: str

    def format(self, **values: object) -> str:
        made = self.text
        for name, value in values.items():
            made = made.replace(f"<<{name}>>", str(value))
        return made


Given = ParamSpec("Given")


def tidy(write: Callable[Given, str]) -> Callable[Given, str]:
    """Leave out of what ``write`` makes the imports that it does not need, and empty lines."""

    @wraps(write)
    def written(*given: Given.args, **named: Given.kwargs) -> str:
        lines = write(*given, **named).splitlines(keepends=True)
        rest = "".join(line for line in lines if not line.startswith(("import ", "from ", "#")))
        text = "".join(_imports(line, rest) for line in lines)
        return re.sub(r"\n{4,}", "\n\n\n", text)

    return written


def _imports(line: str, rest: str) -> str:
    """A line with what ``rest`` needs of its imports; "" for nothing, and others as they are."""
    if line.startswith("import "):
        name = line.split()[-1]
        return line if re.search(rf"\b{name}\.", rest) else ""
    if line.startswith("from "):
        before, _, names = line.rstrip().rpartition("import ")
        kept = [name for name in names.split(", ") if re.search(rf"\b{name}\b", rest)]
        return f"{before}import {', '.join(kept)}\n" if kept else ""
    return line


def head(what: str, needs: Sequence[Path] = ()) -> str:
    """The script's first lines: what it prints, what it needs, and its imports."""
    comment = "".join(c if c.isprintable() else " " for c in what)
    lines = [
        f"# ResNet Explorer: {comment}",
        "# Run it with Python and torch, torchvision and numpy: python this_file.py",
    ]
    if needs:
        lines.append(
            "# Elsewhere put these beside it, or give their paths: python this_file.py PATH"
        )
        for path in needs:
            name = "".join(c if c.isprintable() else " " for c in path.name)
            digest = f"SHA-256 {sha256_of(path)}" if path.is_file() else "a folder"
            lines.append(f"#   {name}, {digest}")
    imports = (
        "import base64\nimport hashlib\nimport io\nimport json\nimport pickle\nimport sys\n"
        "import zipfile\n"
        "from collections import OrderedDict\nfrom pathlib import Path\n\n"
        "import numpy as np\nimport torch\nimport torchvision\nfrom PIL import Image, ImageOps\n"
        "from torch import nn\nfrom torchvision.models import resnet\n"
    )
    return "\n".join(lines) + f"\n{imports}{_FIND if needs else ''}\n"


def found(path: Path) -> str:
    """The expression for a file that `head` has told of: its path where the script runs.

    Raises:
        NoScript: it cannot be read any more.
    """
    path = Path(path).resolve()
    digest = sha256_of(path) if path.is_file() else ""
    if not path.exists():
        raise NoScript(f"{path} is not there any more; open it again, then copy")
    return f"find({path.name!r}, {digest!r}, {str(path)!r})"


def picture(photo: Photo, crop: Crop, pixels: np.ndarray) -> tuple[str, tuple[Path, ...]]:
    """How to get at what the network sees, as ``picture``, and the files that it takes.

    It is made from the photo's file where a few lines give the same, else it is in the script.
    """
    size = pixels.shape[0]
    halvings = int(math.log2(max(crop.size / size / 3, 1)))
    box = tuple(
        edge / 2**halvings for edge in (crop.x, crop.y, crop.x + crop.size, crop.y + crop.size)
    )
    if photo.path is not None:
        # Colour profiles and deep files need more than these lines.
        try:
            with Image.open(photo.path) as file:
                image = ImageOps.exif_transpose(file).convert("RGB")
            for _ in range(halvings):
                image = image.reduce(2)
            same = np.array(image.resize((size, size), Image.Resampling.BILINEAR, box=box))
        except (OSError, ValueError):
            same = None
        if same is not None and np.array_equal(same, pixels):
            path = Path(photo.path)
            return (
                f'image = ImageOps.exif_transpose(Image.open({found(path)})).convert("RGB")\n'
                f"for _ in range({halvings}):\n    image = image.reduce(2)\n"
                f"picture = np.array(image.resize({(size, size)}, Image.Resampling.BILINEAR, "
                f"box={box}))\n",
                (path,),
            )
    return (
        f"# What the network sees, {size}×{size} pixels, as a PNG file.\npicture = {png(pixels)}\n",
        (),
    )


def seen(snapshot: Snapshot) -> np.ndarray:
    """What the network sees of the photo, (S, S, 3) uint8."""
    spec, photo = snapshot.spec, snapshot.photo
    crop = clamp_crop(snapshot.crop or default_crop(photo, spec.crop_fraction), photo)
    return network_picture(photo, crop, spec.input_size)


def photo_of(snapshot: Snapshot) -> tuple[str, tuple[Path, ...]]:
    """As `picture`, of the photo that a snapshot has."""
    spec, photo = snapshot.spec, snapshot.photo
    crop = clamp_crop(snapshot.crop or default_crop(photo, spec.crop_fraction), photo)
    return picture(photo, crop, seen(snapshot))


_MOST_WRAPPED = 20_000  # letters; more stand in one line, which an editor can fold


def png(pixels: np.ndarray) -> str:
    """The expression for ``pixels``, (H, W, 3) uint8, as a PNG file within the script."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", optimize=True)
    text = base64.b64encode(stream.getvalue()).decode()
    step = 88 if len(text) <= _MOST_WRAPPED else len(text)
    lines = "\n".join(f'    "{text[n : n + step]}"' for n in range(0, len(text), step))
    return f"np.array(Image.open(io.BytesIO(base64.b64decode(\n{lines}\n))).convert('RGB'))"


def sheet(pictures: Sequence[np.ndarray]) -> str:
    """``pictures``, (N, S, S, 3) uint8, as one PNG file within the script."""
    side = pictures[0].shape[0]
    return (
        f"# The pictures, {side}×{side} pixels each, next to each other in a PNG file.\n"
        f"sheet = {png(np.concatenate(list(pictures), axis=1))}\n"
        f"pictures = np.stack(np.split(sheet, {len(pictures)}, axis=1))\n"
    )


def network_input(spec: NetworkSpec) -> str:
    """The definition of ``as_input``: pictures as a network's input."""
    if spec.channels == 3:
        return _INPUT.format(mean=tuple(spec.mean), std=tuple(spec.std))
    return _PLANES.format(
        mean=tuple(spec.mean),
        std=tuple(spec.std),
        channels=spec.channels,
        grey=_GREY if spec.channels < 3 else "",
    )


_FIND = '''

def find(name, sha256, place):
    """Where a file is: named on the command line, beside this script, or where it was."""
    beside = Path(sys.argv[0]).parent / name
    for path in (*map(Path, sys.argv[1:]), beside, Path(name), Path(place)):
        path = path / name if sha256 and path.is_dir() else path
        if not sha256 and path.is_dir() and path.name == name:
            return path
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
            return path
    raise SystemExit(f"Put {name} beside this script, or name it: python this_file.py PATH")

'''

_INPUT = Template('''

def as_input(pictures):
    """(N, S, S, 3) bytes to (N, 3, S, S), normalised as in training."""
    x = torch.tensor(pictures).float() / 255
    x = (x - torch.tensor(<<mean>>)) / torch.tensor(<<std>>)
    return x.permute(0, 3, 1, 2).contiguous()


''')

_PLANES = Template('''

def as_input(pictures):
    """(N, S, S, 3) bytes to (N, <<channels>>, S, S), normalised as in training."""
<<grey>>    which = np.arange(<<channels>>) % 3
    x = torch.tensor(pictures[:, :, :, which]).float() / 255
    mean, std = torch.tensor(<<mean>>)[which], torch.tensor(<<std>>)[which]
    return ((x - mean) / std).permute(0, 3, 1, 2).contiguous()


''')

_GREY = """    luma = pictures.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    pictures = np.repeat(np.rint(luma).astype(np.uint8)[..., None], 3, axis=3)
"""
