"""What the tests of files share: sample files made on the spot, honest ones and others."""

import struct
import time
import zipfile
import zlib
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import include, path
from openpyxl import Workbook
from PIL import Image

from . import accounts

urlpatterns = [*accounts.urlpatterns, path("", include("supervision.urls"))]


def upload(name, content):
    return SimpleUploadedFile(name, content)


def picture(kind="JPEG", size=(640, 480), mode="RGB", color="orange", **options):
    target = BytesIO()
    Image.new(mode, size, color).save(target, kind, **options)
    return target.getvalue()


def photo(size=(640, 480), *, turned=None, taken=None, offset=None):
    """A JPEG with a camera's facts, and with a place that must not leave the portal by a preview."""
    exif = Image.Exif()
    if turned:
        exif[0x0112] = turned
    details = exif.get_ifd(0x8769)
    if taken:
        details[0x9003] = taken
    if offset:
        details[0x9011] = offset
    exif.get_ifd(0x8825)[1] = "N"
    return picture(size=size, exif=exif.tobytes())


def pdf():
    # Pillow writes the present second into a PDF otherwise, and two of one content would differ.
    once = time.gmtime(0)
    return picture("PDF", creationDate=once, modDate=once)


def packed(members, method=zipfile.ZIP_DEFLATED):
    target = BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return target.getvalue()


def office(main="wordprocessingml.document", **more):
    types = f'<Types><Override ContentType="application/vnd.openxmlformats-officedocument.{main}.main+xml"/></Types>'
    return packed([("[Content_Types].xml", types), ("word/document.xml", "<w:document/>"), *more.items()])


def workbook():
    book = Workbook()
    book.active["A1"] = "宿连航道"
    target = BytesIO()
    book.save(target)
    return target.getvalue()


def compound(*names):
    """An old Office container with streams of these names and nothing in them."""
    entries = b""
    for name in ("Root Entry", *names):
        text = name.encode("utf-16-le") + b"\0\0"
        entries += text.ljust(64, b"\0") + struct.pack("<HB", len(text), 2) + bytes(61)
    entries = entries.ljust(-(-len(entries) // 512) * 512, b"\0")
    count = len(entries) // 512
    end, free, table = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    chain = [table, *range(2, count + 1), end]
    header = bytes.fromhex("d0cf11e0a1b11ae1").ljust(24, b"\0") + struct.pack("<HHHHH", 62, 3, 0xFFFE, 9, 6)
    header = header.ljust(44, b"\0") + struct.pack("<II", 1, 1)
    header = header.ljust(68, b"\0") + struct.pack("<II", end, 0) + struct.pack("<109I", 0, *[free] * 108)
    return header + struct.pack("<128I", *chain, *[free] * (128 - len(chain))) + entries


def png_head(width, height):
    """A PNG that announces a size and holds next to nothing."""

    def part(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + part(b"IHDR", head)
        + part(b"IDAT", zlib.compress(bytes(1000)))
        + part(b"IEND", b"")
    )


def understated_bomb(claimed=100):
    """A document whose directory claims that a member of 20 MB has `claimed` bytes."""
    content = bytearray(office(**{"word/media/a.xml": "x" * 20_000_000}))
    real, said = struct.pack("<I", 20_000_000), struct.pack("<I", claimed)
    assert content.count(real) == 2
    return bytes(content.replace(real, said))
