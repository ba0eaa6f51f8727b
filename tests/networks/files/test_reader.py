"""Files of weights are read by what is in them; nothing in them runs or takes memory unasked."""

from __future__ import annotations

import argparse
import collections
import io
import json
import os
import pickle
import random
import struct
import subprocess
import sys
import tarfile
import textwrap
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from resnet_viz.networks.download import WeightsError
from resnet_viz.networks.files.find import find_networks
from resnet_viz.networks.files.reader import read_file

State = dict[str, Tensor]


def a_state() -> State:
    generator = torch.Generator().manual_seed(3)
    return {
        "conv1.weight": torch.randn(8, 3, 3, 3, generator=generator),
        "bn1.weight": torch.randn(8, generator=generator),
        "bn1.num_batches_tracked": torch.tensor(7),
        "fc.weight": torch.randn(5, 8, generator=generator),
    }


def save_zip(content: object, path: Path) -> None:
    torch.save(content, path)


def save_old(content: object, path: Path) -> None:
    torch.save(content, path, _use_new_zipfile_serialization=False)


def save_plain(content: object, path: Path) -> None:
    path.write_bytes(pickle.dumps(content, protocol=2))


def save_newest_pickle(content: object, path: Path) -> None:
    path.write_bytes(pickle.dumps(content, protocol=5))


def save_safetensors(content: object, path: Path) -> None:
    safetensors.torch.save_file(content, path)  # type: ignore[arg-type]


WRITERS = [save_zip, save_old, save_plain, save_newest_pickle, save_safetensors]
SUFFIXES = [".pt", ".pth", ".th", ".pth.tar", ".ckpt", ".bin", ".pkl", ".safetensors", ""]


def written(
    tmp_path: Path, content: object, save: Callable[[object, Path], None] = save_zip
) -> Path:
    path = tmp_path / "a.pth"
    save(content, path)
    return path


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("save", WRITERS)
def test_every_container_is_known_whatever_it_is_called(
    tmp_path: Path, save: Callable[[object, Path], None], suffix: str
) -> None:
    path = tmp_path / f"model_best{suffix}"
    state = a_state()
    save(state, path)
    contents = read_file(path)
    assert set(contents.tensors) == set(state)
    for name, value in state.items():
        info = contents.tensors[name]
        assert (info.shape, info.dtype) == (tuple(value.shape), str(value.dtype)[6:])
        assert info.bytes == value.nbytes
        assert torch.equal(info.load(), value)


@pytest.mark.parametrize("save", WRITERS[:4])
def test_views_of_one_storage_are_told_apart(
    tmp_path: Path, save: Callable[[object, Path], None]
) -> None:
    base = torch.arange(24.0)
    state = {
        "whole": base,
        "middle": base[6:18].view(3, 4),
        "turned": base.view(4, 6).t(),
        "thin": base[::5],
        "number": base[7],
        "none": base[:0].view(0, 3),
        "tied": base,
    }
    contents = read_file(written(tmp_path, state, save))
    for name, value in state.items():
        assert torch.equal(contents.tensors[name].load(), value), name
    assert contents.tensors["whole"].place == contents.tensors["tied"].place
    assert contents.tensors["whole"].place != contents.tensors["middle"].place


@pytest.mark.parametrize("save", WRITERS[:2])
@pytest.mark.parametrize(
    "dtype", ["float16", "bfloat16", "float64", "int8", "uint8", "int32", "bool", "complex64"]
)
def test_every_dtype_keeps_its_numbers(
    tmp_path: Path, save: Callable[[object, Path], None], dtype: str
) -> None:
    value = torch.arange(-3, 9).to(getattr(torch, dtype))
    info = read_file(written(tmp_path, {"a": value}, save)).tensors["a"]
    assert info.dtype == dtype
    assert torch.equal(info.load(), value)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_arrays_of_numpy_are_tensors(tmp_path: Path, order: str, protocol: int) -> None:
    array = np.arange(12, dtype=f"{order}f4").reshape(3, 4)
    content = {"a": array, "b": np.asfortranarray(array), "n": np.float64(0.5), "s": np.str_("x")}
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    contents = read_file(path)
    for name in ("a", "b"):
        assert np.array_equal(contents.tensors[name].load().numpy(), array), name
    assert contents.evidence["n"] == 0.5
    assert contents.evidence["s"] == "x"


class Own:
    """A class that whoever opens the file need not have."""

    def __init__(self) -> None:
        self.names = ["cat", "dog"]
        self.path = Path("runs") / "1"


class Slotted:
    __slots__ = ("depth",)

    def __init__(self) -> None:
        self.depth = 20


@pytest.mark.parametrize("save", WRITERS[:4])
def test_objects_become_the_plain_values_in_them(
    tmp_path: Path, save: Callable[[object, Path], None]
) -> None:
    content = {
        "state": a_state(),
        "own": Own(),
        "args": argparse.Namespace(arch="resnet20", lr=0.1),
        "ordered": collections.OrderedDict(a=1),
        "counted": collections.Counter("aab"),
        "by_default": collections.defaultdict(list, a=[1, 2]),
        "set": {3},
        "size": torch.Size([3, 4]),
        "kind": torch.float16,
        "names": np.array(["cat", "dog"]),
        5: "five",
    }
    evidence = read_file(written(tmp_path, content, save)).evidence
    assert evidence == {
        "own": {"names": ("cat", "dog"), "path": "runs/1"},
        "args": {"arch": "resnet20", "lr": 0.1},
        "ordered": {"a": 1},
        "counted": {"a": 2, "b": 1},
        "by_default": {"a": (1, 2)},
        "set": (3,),
        "size": (3, 4),
        "kind": "torch.float16",
        "names": ("cat", "dog"),
        "5": "five",
    }


def test_a_whole_network_gives_its_tensors_and_modules(tmp_path: Path) -> None:
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2), nn.BatchNorm2d(8), nn.LeakyReLU(0.2), nn.Flatten()
    )
    network.register_buffer("hidden", torch.zeros(3), persistent=False)
    contents = read_file(written(tmp_path, {"net": nn.DataParallel(network)}))
    assert list(contents.tensors) == [f"net.module.{name}" for name in network.state_dict()]
    assert contents.modules["net.module.2"].kind == "LeakyReLU"
    assert contents.modules["net.module.2"].attributes["negative_slope"] == 0.2
    assert contents.modules["net.module.0"].attributes["stride"] == (2, 2)


# --- Files that are something else ---------------------------------------------------------------

HDF5 = b"\x89HDF\r\n\x1a\n" + bytes(64)
ONNX = bytes.fromhex("080812077079746f7263681a05322e392e303a") + bytes(64)
SAVED_MODEL = b"\x08\x01\x12\x85\xa2\x05\x0a\x30" + bytes(range(64))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.pth", b"", "is empty; choose another file"),
        ("a.pth", bytes(9000), "begins with nothing but zeros"),
        ("a.pth", HDF5, "is an HDF5 file, as Keras"),
        ("a.onnx", ONNX, "is an ONNX file"),
        ("a.pt", ONNX, "is an ONNX file"),
        ("saved_model.pb", SAVED_MODEL, "is a SavedModel of TensorFlow"),
        ("a.tflite", b"\x1c\0\0\0TFL3" + bytes(64), "is a TensorFlow Lite file"),
        ("model.ckpt-1.index", bytes(range(1, 99)), "is a file of TensorFlow"),
        ("model.ckpt.data-00000-of-00001", bytes(range(1, 99)), "is a file of TensorFlow"),
        ("checkpoint", b'model_checkpoint_path: "model.ckpt-1"\n', "only names a checkpoint of"),
        ("a.pth", b"\n <!DOCTYPE html><html>Virus scan warning</html>", "is a web page (HTML)"),
        ("a.pth", b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>", "is XML"),
        ("a.bin", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "is only a Git"),
        ("a.json", b'{"message": "Not Found"}', "is JSON text, not weights"),
        ("config.json", b'{"model_type": "resnet"}', "is the configuration of a network"),
        ("a.index.json", b'{"weight_map": {"a": "b"}}', "is only the list of the files"),
        ("a.txt", "Gewichte für später".encode(), "is a text, not weights"),
        ("a.pth", b"\x89PNG\r\n\x1a\n" + bytes(64), "is a picture (PNG)"),
        ("a.pth", b"\xff\xd8\xff\xe0" + bytes(64), "is a picture (JPEG)"),
        ("a.pth.tar", b"\x1f\x8b\x08" + bytes(64), "is compressed with gzip"),
        ("a.npy", b"\x93NUMPY\x01" + bytes(64), "is a single array of NumPy"),
        ("a.gguf", b"GGUF\3" + bytes(64), "is a GGUF file"),
        ("a.pth", bytes(range(200, 256)) * 9, "is damaged or is not a file of weights"),
        ("a.pth", b"\x80\x02}q\0.", "holds no weights"),
        ("a.pth", b"\x80\x02}q\0", "is damaged or incomplete: it ends too early"),
        ("a.caffemodel", bytes(range(1, 99)), "is a file of another program"),
    ],
)
def test_what_is_something_else_is_named(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        read_file(path)
    assert str(caught.value).startswith(f"{name} {words}")
    assert ";" in str(caught.value)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        (["config.json", "metadata.json", "model.weights.h5"], "is a Keras file"),
        (["a/saved_model.pb"], "is a SavedModel of TensorFlow in a zip"),
        (["conv1.npy", "fc.npy"], "is a NumPy archive (.npz)"),
        (["results/best.pth", "results/log.txt"], "is a zip archive; unpack it and open results/"),
        (["word/document.xml"], "is a document"),
        (["a.txt"], "is a zip archive without weights"),
    ],
)
def test_other_zips_are_named(tmp_path: Path, entries: list[str], words: str) -> None:
    path = tmp_path / "a.pth"
    with zipfile.ZipFile(path, "w") as archive:
        for entry in entries:
            archive.writestr(entry, "x")
    with pytest.raises(WeightsError) as caught:
        read_file(path)
    assert str(caught.value).startswith(f"a.pth {words}")


def test_a_tar_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.pth.tar"
    with tarfile.open(path, "w") as archive:
        archive.addfile(tarfile.TarInfo("model.pth"))
    with pytest.raises(WeightsError, match="is a tar archive; unpack it"):
        read_file(path)


def test_a_folder_a_pipe_and_a_missing_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="is a folder, not a file"):
        read_file(tmp_path)
    (tmp_path / "saved_model.pb").touch()
    with pytest.raises(WeightsError, match="is a SavedModel of TensorFlow, not a file"):
        read_file(tmp_path)
    with pytest.raises(WeightsError, match="there is no file"):
        read_file(tmp_path / "missing.pth")
    os.mkfifo(tmp_path / "pipe.pth")
    with pytest.raises(WeightsError, match="is not a file"):
        read_file(tmp_path / "pipe.pth")


@pytest.mark.parametrize("keep", [0.02, 0.3, 0.9, 0.999])
@pytest.mark.parametrize("save", WRITERS)
def test_files_that_were_cut_off_say_so(
    tmp_path: Path, save: Callable[[object, Path], None], keep: float
) -> None:
    path = written(tmp_path, {"conv1.weight": torch.randn(64, 3, 7, 7)}, save)
    path.write_bytes(path.read_bytes()[: int(keep * path.stat().st_size)])
    with pytest.raises(WeightsError, match="damaged or incomplete"):
        read_file(path)


def test_a_file_that_changes_after_it_was_opened_is_noticed(tmp_path: Path) -> None:
    path = written(tmp_path, a_state())
    info = read_file(path).tensors["conv1.weight"]
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(WeightsError, match="has changed since it was opened"):
        info.load()
    path.unlink()
    with pytest.raises(WeightsError, match="can no longer be read"):
        info.load()


@pytest.mark.parametrize("save", WRITERS[:2])
def test_quantised_weights_are_refused_by_what_they_are(
    tmp_path: Path, save: Callable[[object, Path], None]
) -> None:
    weight = torch.quantize_per_tensor(torch.randn(4, 3, 3, 3), 0.1, 0, torch.qint8)
    with pytest.raises(WeightsError, match="whose weights are quantised to int8"):
        read_file(written(tmp_path, {"conv1.weight": weight}, save))


def test_whole_numbers_as_weights_are_quantised_ones(tmp_path: Path) -> None:
    weight = torch.ones(4, 3, 3, 3, dtype=torch.int8)
    with pytest.raises(WeightsError, match="whose weights are quantised to int8"):
        read_file(written(tmp_path, {"conv1.weight": weight}, save_safetensors))


def test_tensors_without_numbers_are_left_out_with_a_note(tmp_path: Path) -> None:
    content = {
        "kept": torch.ones(2),
        "meta": torch.ones(2, device="meta"),
        "sparse": torch.eye(3).to_sparse(),
    }
    contents = read_file(written(tmp_path, content))
    assert "kept" in contents.tensors
    assert "meta" not in contents.tensors
    assert any(note.startswith("meta ") for note in contents.notes)
    assert any(note.startswith("sparse ") for note in contents.notes)


# --- Hostile files -------------------------------------------------------------------------------


class Runs:
    """Whoever unpickles this without care makes a file."""

    def __init__(self, made: Path) -> None:
        self.made = made

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.made,)


@pytest.mark.parametrize("save", WRITERS[:4])
def test_code_in_a_file_is_not_run(tmp_path: Path, save: Callable[[object, Path], None]) -> None:
    made = tmp_path / "made by the pickle"
    path = written(tmp_path, {"state": a_state(), "extra": Runs(made)}, save)
    contents = read_file(path)
    assert torch.equal(contents.tensors["state.fc.weight"].load(), a_state()["fc.weight"])
    assert any("which was not run" in note for note in contents.notes)
    assert not made.exists()
    # That it would have been: the same file, read without care.
    if save in (save_zip, save_old):
        torch.load(path, weights_only=False)
    else:
        pickle.loads(path.read_bytes())
    assert made.exists()


def pickled(body: bytes) -> bytes:
    return b"\x80\x04" + body + b"."


def nested(opening: bytes, closing: bytes, depth: int) -> bytes:
    return opening * depth + closing * depth


HOSTILE_PICKLES = {
    "a long string that is not there": pickled(b"\x8e" + struct.pack("<Q", 2**62)),
    "a text that is not there": pickled(b"X" + struct.pack("<I", 2**32 - 1)),
    "a place in the memo far away": pickled(b"}r" + struct.pack("<I", 2**32 - 1)),
    "an unknown place in the memo": pickled(b"h\x05"),
    "an empty stack": pickled(b"0000"),
    "no mark": pickled(b"K\1K\2t"),
    "an unknown instruction": pickled(b"\xff"),
    "deep lists": pickled(b"](" * 100_000 + b"e" * 100_000),
    "deep tuples as a key": pickled(b"}" + b")" + b"\x85" * 200_000 + b"K\1s"),
    "a list in itself": pickled(b"]\x94h\0a"),
    "a dict in itself": pickled(b"}\x94X\1\0\0\0ah\0s"),
    "lists of the same lists": pickled(
        b"]\x94"
        + b"".join(b"](" + b"h" + bytes([n]) + b"h" + bytes([n]) + b"e\x94" for n in range(100))
    ),
    "a tensor with words for a shape": pickled(
        b"ctorch._utils\n_rebuild_tensor_v2\n(NK\0X\1\0\0\0aX\1\0\0\0b\x89NtR"
    ),
    "a tensor without a storage": pickled(
        b"}X\1\0\0\0actorch._utils\n_rebuild_tensor_v2\n(NK\0K\5\x85K\1\x85\x89NtRs"
    ),
    "an array that claims much": pickled(
        b"}X\1\0\0\0acnumpy.core.multiarray\n_reconstruct\n(NNNtR(K\1J\xff\xff\xff\x7f\x85"
        b"cnumpy\ndtype\n(X\2\0\0\0f4\x89\x88tR\x89C\4\0\0\0\0tbs"
    ),
    "a number of many digits": pickled(b"I" + b"9" * 5000 + b"\n"),
    "a path made of itself": pickled(
        b"cpathlib\nPosixPath\n\x94X\1\0\0\0a\x94"
        + b"".join(b"h\0h" + bytes([n]) + b"h" + bytes([n]) + b"\x86R\x94" for n in range(1, 60))
    ),
    "an endless pickle": pickled(b"}0" * 4_000_000),
    "numbers with one hash": pickled(
        b"}("
        + b"".join(
            b"\x8a\x0a" + (n * (2**61 - 1)).to_bytes(10, "little") + b"N" for n in range(1, 30_000)
        )
        + b"u"
    ),
}


@pytest.mark.parametrize("name", HOSTILE_PICKLES)
def test_hostile_pickles_get_a_sentence(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.pth"
    path.write_bytes(HOSTILE_PICKLES[name])
    with pytest.raises(WeightsError):
        read_file(path)


def in_a_zip(path: Path, content: bytes, storage: bytes = bytes(16), **kind: int) -> Path:
    with zipfile.ZipFile(path, "w", **kind) as archive:  # type: ignore[arg-type]
        archive.writestr("a/data.pkl", content)
        archive.writestr("a/data/0", storage)
        archive.writestr("a/version", "3\n")
    return path


def a_tensor(
    shape: tuple[int, ...], stride: tuple[int, ...], offset: int = 0, count: int = 4
) -> bytes:
    """The pickle of {"a": a tensor} with a shape that need not be true."""

    def numbers(values: tuple[int, ...]) -> bytes:
        parts = [b"\x8a\x08" + value.to_bytes(8, "little", signed=True) for value in values]
        return b"(" + b"".join(parts) + b"t"

    return pickled(
        b"}X\1\0\0\0actorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\nFloatStorage\n"
        b"X\1\0\0\x000X\3\0\0\0cpu"
        + numbers((count,))[1:-1]
        + b"tQ"
        + numbers((offset,))[1:-1]
        + numbers(shape)
        + numbers(stride)
        + b"\x89NtRs"
    )


@pytest.mark.parametrize(
    ("shape", "stride", "offset", "words"),
    [
        ((5,), (1,), 0, "should have more numbers than are there"),
        ((2, 2), (1, 4), 0, "should have more numbers than are there"),
        ((4,), (1,), 1, "should have more numbers than are there"),
        ((2**47, 2**47), (1, 1), 0, "should have more numbers than are there"),
        ((2**60,), (0,), 0, "shape makes no sense"),
        ((-4,), (1,), 0, "shape makes no sense"),
        ((4,), (1,), -1, "shape makes no sense"),
        ((4,), (1, 1), 0, "shape makes no sense"),
        ((300_000_000, 64), (0, 0), 0, "300000000×64 numbers and take 76.8 GB of memory"),
        ((1,) * 40, (1,) * 40, 0, "shape makes no sense"),
    ],
)
def test_sizes_are_checked_against_the_file(
    tmp_path: Path, shape: tuple[int, ...], stride: tuple[int, ...], offset: int, words: str
) -> None:
    path = in_a_zip(tmp_path / "a.pth", a_tensor(shape, stride, offset))
    with pytest.raises(WeightsError, match=words):
        read_file(path)


def test_the_made_up_pickle_is_sound_where_its_shape_is(tmp_path: Path) -> None:
    storage = torch.arange(4.0).numpy().tobytes()
    path = in_a_zip(tmp_path / "a.pth", a_tensor((2, 2), (1, 2)), storage)
    assert read_file(path).tensors["a"].load().tolist() == [[0.0, 2.0], [1.0, 3.0]]
    path = in_a_zip(tmp_path / "b.pth", a_tensor((3, 2), (0, 1)), storage)
    assert read_file(path).tensors["a"].load().tolist() == [[0.0, 1.0]] * 3


def test_a_zip_that_was_compressed_is_read(tmp_path: Path) -> None:
    storage = np.random.RandomState(0).bytes(16)
    path = in_a_zip(
        tmp_path / "a.pth", a_tensor((4,), (1,)), storage, compression=zipfile.ZIP_DEFLATED
    )
    assert read_file(path).tensors["a"].load().numpy().tobytes() == storage


def test_many_views_of_one_storage_are_not_taken_for_weights(tmp_path: Path) -> None:
    base = torch.zeros(2**20)
    path = written(tmp_path, {f"a{number}": base.view(-1) for number in range(64)})
    with pytest.raises(WeightsError, match="its tensors would take more than"):
        read_file(path)


HEADERS: dict[str, tuple[object, int | None]] = {
    "longer than the file": ({}, 2**60),
    "no mapping": ([1], None),
    "an entry that is no mapping": ({"a": 1}, None),
    "no offsets": ({"a": {"dtype": "F32", "shape": [1]}}, None),
    "offsets beyond the end": (
        {"a": {"dtype": "F32", "shape": [99], "data_offsets": [0, 396]}},
        None,
    ),
    "another size": ({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 4]}}, None),
    "a huge shape": ({"a": {"dtype": "F32", "shape": [10**9] * 2, "data_offsets": [0, 4]}}, None),
    "a negative shape": ({"a": {"dtype": "F32", "shape": [-1], "data_offsets": [4, 0]}}, None),
    "an unknown dtype": ({"a": {"dtype": "X9", "shape": [1], "data_offsets": [0, 4]}}, None),
}


@pytest.mark.parametrize("name", HEADERS)
def test_headers_that_lie_are_refused(tmp_path: Path, name: str) -> None:
    header, length = HEADERS[name]
    text = json.dumps(header).encode()
    if not isinstance(header, dict):
        text = b"{" + text
    path = tmp_path / "a.safetensors"
    path.write_bytes(struct.pack("<Q", len(text) if length is None else length) + text + bytes(16))
    with pytest.raises(WeightsError, match="damaged or incomplete"):
        read_file(path)


def test_a_zip_that_claims_a_huge_directory_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, a_state())
    content = bytearray(path.read_bytes())
    at = content.rfind(b"PK\5\6")
    content[at + 12 : at + 16] = struct.pack("<I", 2**31)
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="damaged or incomplete"):
        read_file(path)


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the peak from /proc")
def test_reading_takes_no_memory_for_numbers_that_are_not_asked_for(tmp_path: Path) -> None:
    """Half a gigabyte of weights, and a bomb of as much, in an interpreter that may have little."""
    large = tmp_path / "large.pth"
    with zipfile.ZipFile(large, "w") as archive:
        archive.writestr("a/data.pkl", a_tensor((2**27,), (1,), count=2**27))
        with archive.open("a/data/0", "w", force_zip64=True) as out:
            for _ in range(32):
                out.write(bytes(2**24))
    bomb = tmp_path / "bomb.pth"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("a/data.pkl", a_tensor((2**27,), (1,), count=2**27))
        with archive.open("a/data/0", "w", force_zip64=True) as out:
            for _ in range(32):
                out.write(bytes(2**24))
    pickle_bomb = tmp_path / "pickle.pth"
    pickle_bomb.write_bytes(b"\x80\x04" + b"}" * 50_000_000)
    code = f"""
        import re
        from pathlib import Path
        from resnet_viz.networks.download import WeightsError
        from resnet_viz.networks.files.reader import read_file

        assert read_file(Path({str(large)!r})).tensors["a"].bytes == 2**29
        for path in ({str(bomb)!r}, {str(pickle_bomb)!r}):
            try:
                read_file(Path(path))
            except WeightsError as error:
                print(error)
        status = Path("/proc/self/status").read_text()
        print(int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) // 1024)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    )
    bombed, endless, peak = done.stdout.splitlines()
    assert "would unfold from" in bombed
    assert "more parts than a checkpoint has" in endless
    assert int(peak) < 450  # MiB
    large.unlink()


def test_importing_the_reader_imports_no_torch() -> None:
    code = (
        "import sys, resnet_viz.networks.files.reader, resnet_viz.networks.files.find\n"
        "print('torch' in sys.modules, 'numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_a_pickle_may_be_read_from_memory(tmp_path: Path) -> None:
    """torch's own bytes in a pickle (as pickle.dumps(tensor) makes them) are read through."""
    buffer = io.BytesIO()
    pickle.dump({"a": torch.arange(5.0)}, buffer)
    path = tmp_path / "a.pickle"
    path.write_bytes(buffer.getvalue())
    assert read_file(path).tensors["a"].load().tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("save", WRITERS)
def test_bytes_that_were_changed_give_tensors_or_a_sentence(
    tmp_path: Path, save: Callable[[object, Path], None]
) -> None:
    """Never another exception, and never long: changed, lost and inserted bytes, and a cut."""
    content: dict[str, Any] = dict(a_state())
    if save is not save_safetensors:
        content["own"] = argparse.Namespace(lr=0.1, names=np.array(["cat", "dog"]), n=np.ones(3))
    path = written(tmp_path, content, save)
    whole = path.read_bytes()
    dice = random.Random(5)
    opened = 0
    for _ in range(300):
        changed = bytearray(whole)
        for _ in range(dice.choice((1, 1, 2, 9))):
            at = dice.randrange(len(changed) - 20)
            kind = dice.random()
            if kind < 0.7:
                changed[at] = dice.randrange(256)
            elif kind < 0.8:
                del changed[at : at + dice.randrange(1, 9)]
            elif kind < 0.9:
                changed[at:at] = dice.randbytes(3)
            else:
                del changed[at + 1 :]
                changed += bytes(20)
        path.write_bytes(changed)
        try:
            contents = read_file(path)
            find_networks(contents)
            for info in contents.tensors.values():
                info.load()
        except WeightsError:
            continue
        opened += 1
    assert 0 < opened < 300
