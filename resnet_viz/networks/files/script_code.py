"""Strides, paddings and the like out of the code in a TorchScript file, which is only searched."""

from __future__ import annotations

import re
from collections.abc import Mapping

from resnet_viz.networks.files.archive import Archive
from resnet_viz.networks.files.contents import ModuleInfo, Plain
from resnet_viz.networks.files.flatten import SCRIPT

_MOST_CODE = 2**20  # bytes of one source, and _MOST_FILES of them
_MOST_FILES = 5000

_PAIR = r"\[(\d+), (\d+)\]"
_CLASS = re.compile(r"^class (\w+)\(Module\):$", re.MULTILINE)
_CONSTANT = re.compile(r"^  (\w+) : Final\[[^\n]{1,80}\] = ([^\n]{1,80})$", re.MULTILINE)
_CALLS = {
    # What is called in the code, and the names of the numbers that its arguments have.
    rf"torch\.(?:conv2d|_convolution)\([^\n]*?, {_PAIR}, {_PAIR}, {_PAIR}": (
        "stride",
        "padding",
        "dilation",
    ),
    rf"(?:_max_pool2d|max_pool2d|_0|_1)\(\w+, {_PAIR}, {_PAIR}, {_PAIR}, {_PAIR}": (
        "kernel_size",
        "stride",
        "padding",
        "dilation",
    ),
    rf"torch\.avg_pool2d\(\w+, {_PAIR}, {_PAIR}, {_PAIR}": ("kernel_size", "stride", "padding"),
    r"torch\.batch_norm\([^\n]*?, (?:True|False|training), [-\d.e]+, ([-\d.e]+)": ("eps",),
    r"torch\.leaky_relu_?\(\w+, ([-\d.e]+)": ("negative_slope",),
}
_FOUND = {re.compile(pattern): names for pattern, names in _CALLS.items()}


def described(
    modules: Mapping[str, ModuleInfo], archive: Archive, prefix: str
) -> dict[str, ModuleInfo]:
    """``modules`` with the constants of their classes, which lie in the code of the archive."""
    folder = f"{prefix}code/"
    constants: dict[str, dict[str, Plain]] = {}
    sources = [name for name in archive.names if name.startswith(folder) and name.endswith(".py")]
    for source in sources[:_MOST_FILES]:
        text = archive.read(source, _MOST_CODE).decode("utf-8", "replace")
        module = source.removeprefix(folder).removesuffix(".py").replace("/", ".")
        found = list(_CLASS.finditer(text))
        for one in reversed(found):
            constants[f"{module}.{one[1]}"] = _constants(text[one.end() :])
            text = text[: one.start()]
    return {
        path: ModuleInfo(
            re.sub(r"___torch_mangle_\d+\.", "", info.class_name).removeprefix(SCRIPT),
            {**constants.get(info.class_name, {}), **info.attributes},
        )
        for path, info in modules.items()
    }


def _constants(text: str) -> dict[str, Plain]:
    found: dict[str, Plain] = {}
    for name, value in _CONSTANT.findall(text):
        plain = _value(value)
        if plain is not None:
            found[name] = plain
    for pattern, names in _FOUND.items():
        if match := pattern.search(text):
            groups = match.groups()
            width = len(groups) // len(names)
            for number, name in enumerate(names):
                numbers = tuple(_number(one) for one in groups[number * width :][:width])
                found.setdefault(name, numbers if width > 1 else numbers[0])
    return found


def _value(text: str) -> Plain:
    if text in ("True", "False"):
        return text == "True"
    if re.fullmatch(r'"[^"\\]*"', text):
        return text[1:-1]
    if re.fullmatch(r"-?[\d.]+(?:e-?\d+)?", text):
        return _number(text)
    if re.fullmatch(r"[(\[][-\d., ]*[)\]]", text):
        return tuple(_number(one) for one in re.findall(r"-?[\d.]+", text))
    return None


def _number(text: str) -> int | float:
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return 0.0
