"""Printing a page with the bundled fonts, in a process of its own (see press.py)."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path
from xml.sax.saxutils import escape

from django.conf import settings

log = logging.getLogger(__name__)

FONTS = Path(__file__).resolve().parent.parent / "fonts"
PRESS = Path(__file__).with_name("press.py")
TIMEOUT_SECONDS = 300
# Any constant hour: a paper printed again is the same paper.
PRINTED_AT = "315532800"


class PrintFailed(RuntimeError):
    """The PDF could not be made; the message is Chinese, the cause is in the log."""


def print_html(html: str) -> bytes:
    """A page as PDF, set in the bundled fonts whatever the machine has. The same bytes for the same page.

    Raises PrintFailed when the press ends badly or takes longer than TIMEOUT_SECONDS.
    """
    environment = {
        "FONTCONFIG_FILE": str(_font_configuration()),
        "SOURCE_DATE_EPOCH": PRINTED_AT,
        "PATH": os.environ.get("PATH", ""),
        "LANG": "C.UTF-8",
    }
    try:
        done = subprocess.run(  # noqa: S603 - our own file, under our own interpreter
            [sys.executable, "-I", str(PRESS)],
            input=html.encode("utf-8", "replace"),
            capture_output=True,
            env=environment,
            timeout=TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise PrintFailed(f"PDF 生成超过 {TIMEOUT_SECONDS} 秒，已停止。") from error
    if done.returncode or not done.stdout.startswith(b"%PDF-"):
        log.error(
            "the press ended with %s: %s", done.returncode, done.stderr.decode(errors="replace")[-4000:]
        )
        raise PrintFailed("PDF 生成失败，详情已记入系统日志，请联系系统管理员。")
    return done.stdout


def _font_configuration() -> Path:
    """A fontconfig file that knows the bundled fonts and no others."""
    cache = Path(settings.VAR, "fontcache")
    cache.mkdir(parents=True, exist_ok=True)
    file = cache / "fonts.conf"
    text = (
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "fonts.dtd">\n<fontconfig>'
        f"<dir>{escape(str(FONTS))}</dir><cachedir>{escape(str(cache))}</cachedir></fontconfig>\n"
    )
    if not file.exists() or file.read_text() != text:
        part = file.with_suffix(f".{os.getpid()}")
        part.write_text(text)
        part.replace(file)
    return file
