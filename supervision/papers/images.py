"""Photos and scans: opened with limits, and redrawn before any browser shows them.

The original is kept as evidence and only ever downloaded. What a page shows is drawn anew from the pixels,
so whatever else hides in the file (a script, an archive, a position) does not travel with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import timezone as fixed
from io import BytesIO
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from PIL import Image

from .errors import WrongContent, refuse

MAX_PIXELS = 50_000_000
# Longest side in pixels of what pages show.
VARIANTS = {"preview": 1600, "thumb": 320}
# Of what takes the place of a photo whose file would tell who took it.
WHOLE = {"whole": 4000}
# Multi-picture files are what phones write as JPEG.
FORMATS = {"jpg": {"JPEG", "MPO"}, "jpeg": {"JPEG", "MPO"}, "png": {"PNG"}, "webp": {"WEBP"}}
# What turns a picture upright, by the value of its orientation tag.
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
EXIF_SUBFOLDER, ORIENTATION, CHANGED, TAKEN, ZONE_OF_TAKEN = 0x8769, 0x0112, 0x0132, 0x9003, 0x9011


@dataclass(frozen=True)
class Picture:
    """What a checked image is: its sides in pixels as one looks at it, when it was taken by the camera's
    clock (None if unknown), and its redrawn versions as JPEG by variant."""

    width: int
    height: int
    taken_at: datetime | None
    drawn: dict[str, bytes]


def inspect(file: Path, extension: str) -> Picture:
    """Read an image through and draw its versions.

    Raises WrongContent when it is another kind of file; ValidationError when it has too many pixels (known
    from its head, nothing is unpacked) or is damaged.
    """
    with _opened(file, extension) as image:
        width, height = image.size
        drawn = _draw(image, VARIANTS)
        exif = _exif(image)
        if exif.get(ORIENTATION) in (5, 6, 7, 8):
            width, height = height, width
        return Picture(width, height, _taken_at(exif), drawn)


def draw(file: Path, variant: str) -> bytes:
    """One redrawn version, as JPEG without metadata. Raises like `inspect`."""
    with _opened(file, None) as image:
        return _draw(image, {variant: (VARIANTS | WHOLE)[variant]})[variant]


def _opened(file: Path, extension: str | None) -> Image.Image:
    limit = getattr(settings, "PAPERS_MAX_PIXELS", MAX_PIXELS)
    too_many = refuse(
        f"图片像素过大（上限 {limit / 1_000_000:g} 百万像素），请缩小后重新上传。", "too_many_pixels"
    )
    try:
        image = Image.open(file, formats=["JPEG", "PNG", "WEBP"])
    except Image.DecompressionBombError:
        raise too_many from None
    # Pillow's readers raise nearly anything for a forged head.
    except Exception as error:
        raise WrongContent from error
    if extension and image.format not in FORMATS[extension]:
        image.close()
        raise WrongContent
    if image.width * image.height > limit:
        image.close()
        raise too_many
    return image


def _draw(image: Image.Image, sizes: dict[str, int]) -> dict[str, bytes]:
    drawn = {}
    try:
        largest = max(sizes.values())
        # Whoever scales down a palette or black-and-white picture as it is gets gravel.
        if image.mode in ("1", "P", "PA"):
            picture = image.convert("RGBA" if image.has_transparency_data else "RGB")
            picture.thumbnail((largest, largest))
        else:
            # Reads a JPEG at a fraction of its size, yet to its end.
            image.thumbnail((largest, largest))
            picture = image
        turn = UPRIGHT.get(_exif(image).get(ORIENTATION))
        picture = _flat(picture if turn is None else picture.transpose(turn))
        for variant, side in sorted(sizes.items(), key=lambda item: -item[1]):
            picture.thumbnail((side, side))
            target = BytesIO()
            picture.save(target, "JPEG", quality=82, optimize=True)
            drawn[variant] = target.getvalue()
    # Pillow's readers raise nearly anything for forged data.
    except Exception as error:
        raise refuse("图片不完整或已损坏，无法打开。请检查后重新上传。", "damaged") from error
    return drawn


def _flat(image: Image.Image) -> Image.Image:
    """A copy in plain colours on white, with none of the file's metadata."""
    flat = Image.new("RGB", image.size, "white")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        flat.paste(image, mask=image.getchannel("A"))
    elif image.mode.startswith("I"):
        # Sixteen bits of grey, which Pillow would cut off at white.
        flat.paste(image.convert("I").point(lambda grey: grey * (1 / 257)).convert("L"))
    else:
        flat.paste(image.convert("RGB"))
    return flat


def _exif(image: Image.Image) -> dict[int, object]:
    """The few tags that are used; none when they cannot be read, which makes no photo invalid."""
    try:
        head = image.getexif()
        return {**dict(head), **dict(head.get_ifd(EXIF_SUBFOLDER))}
    except Exception:
        return {}


def _taken_at(exif: dict[int, object]) -> datetime | None:
    """The camera's time; without an offset in the file it is the portal's own time zone."""
    try:
        naive = datetime.strptime(str(exif.get(TAKEN) or exif.get(CHANGED))[:19], "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    # Cameras without a clock say 1970 or 2000-odd zeros; a date far off is no evidence of anything.
    if not 1990 <= naive.year <= 2100:
        return None
    return naive.replace(tzinfo=_zone(str(exif.get(ZONE_OF_TAKEN) or "")))


def _zone(offset: str):
    try:
        hours, minutes = offset.strip("\0 ").split(":")
        ahead = timedelta(hours=abs(int(hours)), minutes=int(minutes))
        return fixed(-ahead if hours.startswith("-") else ahead)
    except ValueError:
        return timezone.get_default_timezone()
