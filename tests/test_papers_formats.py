"""What is taken as a file, what is refused, and what the sender is told."""

import random
import struct
import warnings
import zipfile
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from PIL import Image

from supervision.papers import compound, containers, formats
from supervision.papers.names import apart, clean_name, extension_of

from .papers import compound as old_office
from .papers import office, packed, pdf, photo, picture, png_head, understated_bomb, workbook

XLSX, PPTX = "spreadsheetml.sheet", "presentationml.presentation"


@pytest.fixture
def look(tmp_path):
    """Inspect a content under a name; the sentence for the sender and the code when it is refused."""

    def inspect(name, content):
        file = tmp_path / "incoming"
        file.write_bytes(content)
        return formats.inspect(file, name)

    return inspect


@pytest.fixture
def refused(look):
    def inspect(name, content):
        with pytest.raises(ValidationError) as caught:
            look(name, content)
        assert "\u4e00" <= caught.value.message[0] <= "\u9fff"
        return caught.value.code

    return inspect


HONEST = {
    "申报表.pdf": pdf,
    "照片.jpg": photo,
    "照片.JPEG": photo,
    "截图.png": lambda: picture("PNG"),
    "照片.webp": lambda: picture("WEBP"),
    "方案.docx": office,
    "台账.xlsx": workbook,
    "汇报.pptx": lambda: office(PPTX),
    "旧方案.doc": lambda: old_office("WordDocument", "1Table", "Data", "CompObj"),
    "旧台账.xls": lambda: old_office("Workbook"),
    "更旧的台账.xls": lambda: old_office("Book"),
    "说明.txt": lambda: "宿连航道二期\r\n\t𠮷😀".encode(),
    "数据.csv": lambda: "项目,金额\n宿连航道,1".encode("gb18030"),
    "数据2.csv": lambda: "项目,金额".encode("utf-16"),
    "BM点.txt": lambda: b"BM1 12.345",
    "资料.zip": lambda: packed([("照片/一.jpg", b"x"), ("空文件夹/", b"")]),
}


@pytest.mark.parametrize("name", HONEST)
def test_honest_files_are_taken(look, name):
    finding = look(name, HONEST[name]())
    assert finding.mime == formats.MIME[extension_of(name)]
    assert (finding.picture is not None) == finding.mime.startswith("image/")


LIES = [
    ("照片.jpg", lambda: picture("PNG")),
    ("照片.png", pdf),
    ("申报表.pdf", photo),
    ("申报表.pdf", lambda: b"MZ\x90\0" + bytes(100)),
    ("方案.docx", workbook),
    ("台账.xlsx", office),
    ("方案.docx", lambda: packed([("a.txt", b"a")])),
    ("方案.docx", lambda: old_office("WordDocument")),
    ("方案.doc", office),
    ("方案.doc", lambda: old_office("Workbook")),
    ("台账.xls", lambda: b"<html><table><tr><td>1</td></tr></table></html>"),
    ("台账.xls", lambda: old_office("PowerPoint Document")),
    ("资料.zip", pdf),
    ("资料.zip", lambda: b"MZ" + packed([("a", b"a")])),
    ("说明.txt", lambda: b"\x7fELF" + bytes(50)),
    ("说明.txt", lambda: b"  <!DOCTYPE html><script>alert(1)</script>"),
    ("说明.txt", lambda: b"#!/bin/sh\nrm -rf /"),
    ("数据.csv", lambda: '<svg xmlns="http://www.w3.org/2000/svg"/>'.encode("utf-16")),
    ("数据.csv", lambda: b"a,b\n\xff\xff\xff"),
    ("照片.jpg", lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'),
    ("照片.jpg", lambda: b"\xff\xd8\xff" + b"<script>alert(1)</script>" * 20),
]


@pytest.mark.parametrize(("name", "content"), LIES)
def test_a_type_that_lies_is_refused(refused, name, content):
    assert refused(name, content()) == "type_lies"


@pytest.mark.parametrize(
    "name",
    [
        "图.svg",
        "页.html",
        "安装.exe",
        "脚本.js",
        "宏.docm",
        "表.xlsm",
        "照片.heic",
        "包.rar",
        "无扩展名",
        "a.pdf.exe",
    ],
)
def test_what_is_not_listed_is_refused(refused, name):
    assert refused(name, b"anything") == "type_not_allowed"


def test_a_photo_with_something_behind_it_is_taken_but_shown_without_it(look):
    for tail in (packed([("run.js", b"alert(1)")]), b"<html><script>alert(1)</script></html>"):
        drawn = look("照片.jpg", photo() + tail).picture.drawn
        for content in drawn.values():
            assert content.startswith(b"\xff\xd8\xff")
            assert b"script" not in content and b"PK\x03\x04" not in content and b"Exif" not in content


def test_a_large_photo_is_drawn_small(look):
    noise, whole = Image.effect_noise((1300, 975), 120).convert("RGB"), Image.new("RGB", (5200, 3900))
    for number in range(16):
        whole.paste(noise, (number % 4 * 1300, number // 4 * 975))
    target = BytesIO()
    whole.save(target, "JPEG", quality=100, subsampling=0)
    assert len(target.getvalue()) > 20_000_000
    found = look("大照片.jpg", target.getvalue()).picture
    assert (found.width, found.height) == (5200, 3900)
    sizes = {variant: Image.open(BytesIO(content)).size for variant, content in found.drawn.items()}
    assert sizes == {"preview": (1600, 1200), "thumb": (320, 240)}


@pytest.mark.parametrize("size", [(50_000, 50_000), (10_000, 9_000), (8_000, 7_000)])
def test_too_many_pixels_are_refused_by_the_head_alone(refused, size):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        assert refused("图.png", png_head(*size)) == "too_many_pixels"


@pytest.mark.parametrize(("kind", "name"), [("JPEG", "a.jpg"), ("PNG", "a.png"), ("WEBP", "a.webp")])
def test_truncated_images_are_refused(refused, kind, name):
    noise = Image.effect_noise((300, 300), 90).convert("RGB")
    target = BytesIO()
    noise.save(target, kind)
    content = target.getvalue()
    assert refused(name, content[: len(content) * 2 // 3]) in ("damaged", "type_lies")
    assert refused("a.png", png_head(100, 100)) == "damaged"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_pixel_can_be_drawn(look, mode):
    image = (
        Image.new("L", (40, 30), 200).convert("I").point(lambda grey: grey * 257) if mode == "I;16" else None
    )
    image = image.convert("I;16") if image else Image.new("L", (40, 30), 255).convert(mode)
    target = BytesIO()
    image.save(target, "PNG")
    drawn = Image.open(BytesIO(look("图.png", target.getvalue()).picture.drawn["thumb"]))
    shade = drawn.convert("L").getpixel((20, 15))
    assert abs(shade - (200 if mode == "I;16" else 255)) <= 3


def test_transparency_is_shown_on_white_and_print_colours_are_shown(look):
    drawn = look("图.png", picture("PNG", mode="RGBA", color=(0, 0, 0, 0))).picture.drawn["thumb"]
    assert Image.open(BytesIO(drawn)).getpixel((5, 5)) == (255, 255, 255)
    assert look("图.jpg", picture(mode="CMYK", color=(0, 0, 0, 0))).picture.width == 640


def test_photos_stand_upright_and_keep_the_cameras_time_apart(look):
    found = look("a.jpg", photo((400, 200), turned=6, taken="2024:09:26 08:30:00")).picture
    assert (found.width, found.height) == (200, 400)
    assert Image.open(BytesIO(found.drawn["thumb"])).size == (160, 320)
    assert found.taken_at == datetime(2024, 9, 26, 8, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
    elsewhere = look("a.jpg", photo(taken="2024:09:26 08:30:00", offset="-03:30")).picture
    assert elsewhere.taken_at.isoformat() == "2024-09-26T08:30:00-03:30"


@pytest.mark.parametrize(
    "taken", [None, "0000:00:00 00:00:00", "1970:01:01 00:00:00", "9999:12:31 23:59:59", "昨天"]
)
def test_a_camera_without_a_clock_gives_no_time(look, taken):
    assert look("a.jpg", photo(taken=taken and taken.encode().decode("latin-1"))).picture.taken_at is None


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_broken_camera_tag_makes_no_photo_invalid(look):
    found = look("a.jpg", picture(exif=b"Exif\0\0II*\0\xff\xff\xff\x7fgarbage")).picture
    assert found.width == 640 and found.taken_at is None


# -------------------------------------------------------------------------------------------------- containers


def test_a_document_that_unpacks_to_gigabytes_is_refused(refused, monkeypatch):
    monkeypatch.setattr(containers, "MAX_UNPACKED_BYTES", 15_000_000)
    content = office(**{"word/a.xml": "x" * 9_000_000, "word/b.xml": "x" * 9_000_000})
    assert len(content) < 30_000
    assert refused("方案.docx", content) == "bomb"
    assert refused("资料.zip", content) == "bomb"


def test_a_directory_that_claims_ten_gigabytes_is_believed(refused):
    content = bytearray(packed([("a", b"a" * 1000), ("b", b"b"), ("c", b"c")]))
    at = content.index(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 4_000_000_000)
    assert refused("资料.zip", bytes(content)) == "bomb"


def test_a_document_that_packs_far_too_well_is_refused(refused):
    assert refused("方案.docx", office(**{"word/a.xml": "x" * 20_000_000})) == "bomb"


def test_a_document_that_understates_its_size_is_refused(refused):
    assert refused("方案.docx", understated_bomb()) == "damaged"


def test_a_damaged_document_is_refused(refused):
    text = "".join(random.Random(5).choices("abcdefghij", k=5000))
    content = bytearray(office(**{"word/a.xml": text}))
    at = content.index(b"word/a.xml") + 500
    content[at : at + 40] = bytes(40)
    assert refused("方案.docx", bytes(content)) == "damaged"
    assert refused("方案.docx", office()[:-30]) == "damaged"


@pytest.mark.parametrize(
    ("kind", "target", "told"),
    [
        ("attachedTemplate", "http://203.0.113.5/a.dotm", "remote"),
        ("attachedTemplate", "\\\\203.0.113.5\\share\\a.dotm", "remote"),
        ("oleObject", "https://203.0.113.5/a.bin", "remote"),
        # What a writer's own machine has, and a link that somebody clicks.
        ("attachedTemplate", "file:///C:\\Templates\\Normal.dotm", None),
        ("hyperlink", "https://203.0.113.5/", None),
    ],
)
def test_what_is_fetched_when_a_document_is_opened_is_refused(look, refused, kind, target, told):
    relation = (
        f'<Relationships><Relationship Id="r1" TargetMode="External" Target="{target}" '
        f'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}"/></Relationships>'
    )
    document = office(**{"word/_rels/settings.xml.rels": relation})
    if told:
        assert refused("方案.docx", document) == told
    else:
        look("方案.docx", document)


def test_macros_are_refused(refused):
    assert refused("方案.docx", office(**{"word/vbaProject.bin": "x"})) == "macro"
    assert refused("方案.docx", office("ms-word.document.macroEnabled")) == "macro"
    assert refused("旧方案.doc", old_office("WordDocument", "1Table", "Data", "Macros")) == "macro"
    assert refused("旧台账.xls", old_office("Workbook", "_VBA_PROJECT_CUR")) == "macro"


def test_passwords_are_refused(refused):
    for name in ("方案.docx", "台账.xlsx", "方案.doc"):
        assert refused(name, old_office("EncryptionInfo", "EncryptedPackage")) == "encrypted"
    content = bytearray(packed([("a", b"a")]))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    assert refused("资料.zip", bytes(content)) == "encrypted"


@pytest.mark.parametrize("name", ["../a", "/etc/passwd", "a/../../b", "C:\\a", "..\\a", "a\\..\\b"])
def test_archives_that_lead_outside_are_refused(refused, name):
    assert refused("资料.zip", packed([(name, b"a")])) == "outside_path"


def test_links_and_nul_in_archives_are_refused(refused):
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    assert refused("资料.zip", packed([(link, b"/etc/passwd")])) == "outside_path"
    assert refused("资料.zip", packed([("aXb", b"a")]).replace(b"aXb", b"a\0b")) == "outside_path"


def test_archives_with_very_many_members_are_refused_before_they_are_read(refused, monkeypatch):
    content = packed([(f"{number}", b"") for number in range(10_001)], zipfile.ZIP_STORED)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    assert refused("资料.zip", content) == "too_many"


def test_an_empty_archive_is_taken(look):
    assert look("资料.zip", packed([])).mime == "application/zip"


def test_forged_old_office_files_end(tmp_path):
    file = tmp_path / "a.doc"
    honest = old_office("WordDocument", *(f"Stream{number}" for number in range(9)))
    file.write_bytes(honest)
    assert {"WordDocument", "Stream8"} <= compound.names(file)
    loop = bytearray(honest)
    loop[512 + 4 : 512 + 8] = struct.pack("<I", 1)
    file.write_bytes(loop)
    assert "WordDocument" in compound.names(file)
    more = bytearray(honest)
    more[68:72] = struct.pack("<I", 1)
    file.write_bytes(more)
    assert "WordDocument" in compound.names(file)
    dice = random.Random(11)
    for _ in range(300):
        forged = bytearray(honest)
        for _ in range(6):
            forged[dice.randrange(24, 1100)] = dice.randrange(256)
        file.write_bytes(forged[: dice.randrange(512, len(forged))])
        with suppress(formats.WrongContent):
            assert isinstance(compound.names(file), set)


# ------------------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("../../etc/方案.pdf", "方案.pdf"),
        ("C:\\资料\\方案.pdf", "方案.pdf"),
        ("方案.pdf\0.exe", "方案.pdf.exe"),
        ("报告\u202efdp.exe", "报告fdp.exe"),
        ("a\u200fb\ufeff\r\n.pdf", "ab.pdf"),
        ("  a \t b .pdf. ", "a b.pdf"),
        ('a<b>:"|?*.pdf', "a_b______.pdf"),
        ("𠮷😀.jpg", "𠮷😀.jpg"),
        (".pdf", "pdf"),
        ("..", "附件"),
        ("", "附件"),
        (None, "附件"),
        ("NUL.pdf", "_NUL.pdf"),
        ("半\ud800字.pdf", "半字.pdf"),
    ],
)
def test_names_are_cleaned(raw, clean):
    assert clean_name(raw) == clean


def test_long_names_keep_their_extension():
    name = clean_name("很" * 300 + ".docx")
    assert len(name) == 120 and name.endswith("很.docx")
    assert len(clean_name("a." + "x" * 300)) <= 120
    assert len(clean_name("很" * 300)) == 120


def test_equal_names_are_told_apart():
    taken = set()
    assert [apart(name, taken) for name in ("a.pdf", "A.PDF", "a.pdf", "b", "b")] == [
        "a.pdf",
        "A (2).PDF",
        "a (3).pdf",
        "b",
        "b (2)",
    ]
