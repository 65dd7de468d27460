"""Pictures in, a moving picture out: GIF for anywhere, MP4 at a fraction of the size."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

MIN_SIDE = 400  # pixels; smaller frames are enlarged by a whole factor, so that pixels stay sharp
_CAPTION = 22  # pixels of height under a frame
_PALETTE_FRAMES = 6  # how many frames, evenly spread, decide the colours of all
Frame = Image.Image | str | Path


def gif(frames: Sequence[Frame], seconds: float = 0.2, last: float = 1.2, captions: Sequence[str] | None = None) -> bytes:
    """An endless GIF; all frames share one palette without dither, which is fast and does not flicker.

    Args:
        frames: pictures of one size, mode L or RGB, or the paths of such; at least one.
        seconds: how long a frame is shown; last: how long the last one is.
        captions: a short line under each frame, or None.

    Raises ``ValueError`` for no frames and for frames that differ in size.
    """
    pictures = _prepare(frames, captions)
    if pictures[0].mode == "RGB":
        chosen = pictures[:: max(1, len(pictures) // _PALETTE_FRAMES)] + pictures[-1:]
        together = Image.fromarray(np.concatenate([np.asarray(picture) for picture in chosen]))
        palette = together.quantize(256, method=Image.Quantize.MEDIANCUT)
        pictures = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    durations = [round(1000 * seconds)] * (len(pictures) - 1) + [round(1000 * last)]
    out = io.BytesIO()
    pictures[0].save(out, "GIF", save_all=True, append_images=pictures[1:], duration=durations, loop=0, optimize=False)
    return out.getvalue()


def mp4(frames: Sequence[Frame], seconds: float = 0.2, last: float = 1.2, captions: Sequence[str] | None = None) -> bytes:
    """The same as an H.264 film that every browser and slide program plays; arguments and errors as for :func:`gif`."""
    import imageio_ffmpeg  # carries its own ffmpeg: nothing to install, but only who asks for a film waits for it

    pictures = _prepare(frames, captions)
    width, height = pictures[0].size
    even = (width + width % 2, height + height % 2)  # what 4:2:0 colour asks for
    pictures += pictures[-1:] * max(0, round(last / seconds) - 1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        writer = imageio_ffmpeg.write_frames(
            str(path),
            even,
            fps=1 / seconds,
            codec="libx264",
            macro_block_size=2,
            pix_fmt_out="yuv420p",
            output_params=["-crf", "16", "-preset", "veryfast", "-movflags", "+faststart"],
        )
        writer.send(None)  # a generator: this starts it
        for picture in pictures:
            canvas = Image.new("RGB", even)
            canvas.paste(picture)
            writer.send(canvas.tobytes())
        writer.close()
        return path.read_bytes()


def _prepare(frames: Iterable[Frame], captions: Sequence[str] | None) -> list[Image.Image]:
    """Frames as sharp pictures of one mode, enlarged and captioned."""
    pictures = [_open(frame) for frame in frames]
    if not pictures:
        raise ValueError("A moving picture needs at least one frame.")
    if len({picture.size for picture in pictures}) > 1:
        raise ValueError("The frames of a moving picture must all have one size.")
    mode = "L" if all(picture.mode == "L" for picture in pictures) else "RGB"
    width, height = pictures[0].size
    factor = max(1, -(-MIN_SIDE // max(width, height)))
    size = (width * factor, height * factor)
    pictures = [picture.convert(mode).resize(size, Image.Resampling.NEAREST) for picture in pictures]
    if captions is None:
        return pictures
    return [_captioned(picture, caption) for picture, caption in zip(pictures, captions, strict=True)]


def _open(frame: Frame) -> Image.Image:
    if isinstance(frame, Image.Image):
        return frame
    with Image.open(frame) as picture:
        return picture.copy()


def _captioned(picture: Image.Image, caption: str) -> Image.Image:
    white = 255 if picture.mode == "L" else (255, 255, 255)
    canvas = Image.new(picture.mode, (picture.width, picture.height + _CAPTION), white)
    canvas.paste(picture)
    middle = (picture.width / 2, picture.height + _CAPTION / 2)
    ImageDraw.Draw(canvas).text(middle, caption, fill=0 if picture.mode == "L" else (0, 0, 0), font=ImageFont.load_default(14), anchor="mm")
    return canvas
