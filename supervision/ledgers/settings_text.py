"""Small dictionaries of settings as one line of text: `scheme=XYB；stage=listing`."""

from __future__ import annotations

import json
import re
from typing import Any


def as_text(values: dict[str, Any] | None) -> str:
    """A dictionary on one line; `read(as_text(d)) == d` for dictionaries of JSON values."""
    return "；".join(f"{name}={_word(value)}" for name, value in (values or {}).items())


def _word(value: Any) -> str:
    if isinstance(value, str) and value and not re.search(r"[；;=\"\s]", value) and not _is_json(value):
        return value
    return json.dumps(value, ensure_ascii=False).replace("；", "\\uff1b").replace(";", "\\u003b")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def read(text: str) -> dict[str, Any]:
    """The dictionary that `text` spells. Raises ValueError, in Chinese, naming the part that is not understood."""
    found: dict[str, Any] = {}
    for part in re.split(r"[；;\n]", text):
        if not part.strip():
            continue
        name, equals, word = part.partition("=")
        name, word = name.strip(), word.strip()
        if not equals or not name:
            raise ValueError(f"“{part.strip()}”应写成 名称=值。")
        if name in found:
            raise ValueError(f"“{name}”写了两次。")
        found[name] = json.loads(word) if _is_json(word) else word
    return found
