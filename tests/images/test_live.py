"""Frames as photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from resnet_viz.images.live import LONGEST_FRAME, frame, frame_size, is_video
from resnet_viz.images.photo import PhotoError, Stream


def test_a_large_frame_is_reduced_in_proportion_and_a_small_one_is_not() -> None:
    assert frame_size(3840, 2160) == (LONGEST_FRAME, LONGEST_FRAME * 9 // 16)
    assert frame_size(1080, 1920) == (LONGEST_FRAME * 9 // 16, LONGEST_FRAME)
    assert frame_size(640, 480) == (640, 480)
    assert frame_size(100_000, 2) == (LONGEST_FRAME, 1)


def test_videos_are_known_by_their_names() -> None:
    assert is_video(Path("Talk.MP4"))
    assert not is_video(Path("mp4"))
    assert not is_video(Path("clip.mp4.png"))


def test_frames_of_one_stream_belong_together_and_say_where_they_are_from() -> None:
    pixels = np.zeros((8, 8, 3), np.uint8)
    one, other = Stream("clip.mp4"), Stream("clip.mp4")
    first, second = frame(one, pixels, 0.04), frame(one, pixels, 12.34)
    assert first.beside(second)
    assert first.beside(first)
    assert not first.beside(frame(other, pixels))
    assert (first.name, second.name) == ("clip.mp4 at 0.0 s", "clip.mp4 at 12.3 s")
    assert frame(other, pixels).name == "clip.mp4"
    with pytest.raises(PhotoError, match=r"clip\.mp4 is 7×8 pixels"):
        frame(one, pixels[:, :7])
