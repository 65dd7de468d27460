"""Moving pictures: every frame arrives, in order, at its size, with its colours."""

import io
import subprocess

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image, ImageSequence

from gandash.plots.animation import gif, mp4


def frames(mode="RGB", count=5, size=(60, 41)):
    """Each frame of one plain colour of its own."""
    levels = [30 + 40 * index for index in range(count)]
    return [Image.new(mode, size, level if mode == "L" else (level, 255 - level, 90)) for level in levels]


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_gif_holds_every_frame_with_its_colour_and_time(mode):
    made = Image.open(io.BytesIO(gif(frames(mode), seconds=0.1, last=0.7)))
    seen = [(np.asarray(frame.convert("RGB"))[5, 5], frame.info["duration"]) for frame in ImageSequence.Iterator(made)]
    assert len(seen) == 5 and [duration for _, duration in seen] == [100, 100, 100, 100, 700]
    for (colour, _), frame in zip(seen, frames(mode), strict=True):
        assert np.abs(colour.astype(int) - np.asarray(frame.convert("RGB"))[5, 5]).max() <= 4
    assert made.size == (60 * 7, 41 * 7) and made.info["loop"] == 0


def test_what_does_not_move_does_not_flicker():
    moving = frames()
    for index, frame in enumerate(moving):
        frame.paste((120, 77, 33), (0, 0, 20, 20))
        frame.paste((index * 50, 10, 200), (30, 0, 50, 20))
    made = Image.open(io.BytesIO(gif(moving)))
    still = {tuple(np.asarray(frame.convert("RGB"))[10, 10]) for frame in ImageSequence.Iterator(made)}
    assert len(still) == 1


def test_mp4_has_even_sides_and_holds_the_last_frame(tmp_path):
    path = tmp_path / "film.mp4"
    path.write_bytes(mp4(frames(), seconds=0.25, last=1.0, captions=[f"epoch {n}" for n in range(5)]))
    read = [imageio_ffmpeg.get_ffmpeg_exe(), "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    done = subprocess.run(read, capture_output=True, check=True)
    assert b", 420x310" in done.stderr
    shots = np.frombuffer(done.stdout, np.uint8).reshape(-1, 310, 420, 3)
    assert len(shots) == 5 + 3
    for shot, frame in zip(shots[:5], frames(), strict=True):
        assert np.abs(shot[100, 100].astype(int) - np.asarray(frame)[5, 5]).max() <= 12


def test_paths_and_captions(tmp_path):
    paths = []
    for index, frame in enumerate(frames("L")):
        paths.append(tmp_path / f"{index}.png")
        frame.save(paths[-1])
    plain, captioned = (Image.open(io.BytesIO(gif(paths, captions=captions))) for captions in (None, ["a", "b", "c", "d", "e"]))
    assert captioned.size[1] > plain.size[1] and captioned.size[0] == plain.size[0]
    caption = np.asarray(captioned.convert("L"))[plain.size[1] :]
    assert caption.min() < 60 < 250 < caption.max()  # dark writing on white
    with pytest.raises(ValueError, match="shorter"):
        gif(paths, captions=["one"])


@pytest.mark.parametrize("wrong", [[], [Image.new("L", (4, 4)), Image.new("L", (5, 4))]])
def test_no_frames_and_uneven_frames_are_refused(wrong):
    with pytest.raises(ValueError, match="moving picture"):
        gif(wrong)
