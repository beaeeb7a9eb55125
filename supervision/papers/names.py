"""File names as people may safely see, download and unpack them."""

import re
import unicodedata

MAX_CHARS = 120
# Control and format characters (right-to-left marks, zero-width spaces), halves of surrogate pairs, private
# use, unassigned, line and paragraph separators: none of them can be read, some of them deceive the reader.
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Names that Windows gives to devices; a file so named cannot be unpacked there.
DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def clean_name(raw: str, fallback: str = "附件") -> str:
    """The file name in `raw` without path, invisible characters and what Windows forbids, at most 120
    characters with its extension kept. A name of which nothing is left becomes `fallback`."""
    text = unicodedata.normalize("NFC", raw or "")
    text = "".join(char for char in text if unicodedata.category(char) not in INVISIBLE)
    text = re.split(r"[/\\]", text)[-1]
    text = re.sub(r'[<>:"|?*]', "_", text)
    text = re.sub(r"\s+", " ", text).strip(" .")
    stem, dot, extension = text.rpartition(".")
    if not dot:
        stem, extension = text, ""
    stem = stem.rstrip(" .")
    if DEVICES.match(stem):
        stem = f"_{stem}"
    suffix = f".{extension[: MAX_CHARS // 2]}" if dot else ""
    return f"{(stem or fallback)[: MAX_CHARS - len(suffix)].rstrip()}{suffix}"


def extension_of(name: str) -> str:
    """The extension of a cleaned name in lower case without its dot; empty when there is none."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def apart(name: str, taken: set[str]) -> str:
    """`name`, or `name (2)`, `name (3)` … when `taken` has it already, letter case aside; adds it there."""
    stem, dot, extension = name.rpartition(".")
    if not dot:
        stem, extension = name, ""
    number, candidate = 1, name
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{stem} ({number}){dot}{extension}"
    taken.add(candidate.casefold())
    return candidate
