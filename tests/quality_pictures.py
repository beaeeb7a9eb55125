"""Small pictures for tests that need photos; in a module of its own, which asks for no database."""

from io import BytesIO

from PIL import Image


def picture(color: tuple = (120, 130, 140), size: tuple = (64, 48), taken: str = "", turn: int = 0) -> bytes:
    """A small JPEG; `taken` like 2026:03:04 10:00:00 and `turn` (an orientation tag) go into its head."""
    image, exif = Image.new("RGB", size, color), Image.Exif()
    image.putpixel((0, 0), (255, 0, 0))
    if turn:
        exif[0x0112] = turn
    if taken:
        exif[0x0132] = taken
    out = BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()
