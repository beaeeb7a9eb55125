"""QR codes for papers and pages."""

from io import BytesIO

import segno


def qr_svg(url: str, *, border: int = 2) -> str:
    """A QR code as an SVG element to be put into a page; `border` in modules. Draws with attributes only, so
    that it shows under the strict CSP."""
    return segno.make(url, error="m", micro=False).svg_inline(border=border, omitsize=True, title="二维码")


def qr_png(url: str, *, scale: int = 8, border: int = 2) -> bytes:
    """A QR code as a PNG with `scale` pixels a module; the same bytes for the same address."""
    target = BytesIO()
    segno.make(url, error="m", micro=False).save(target, kind="png", scale=scale, border=border)
    return target.getvalue()
