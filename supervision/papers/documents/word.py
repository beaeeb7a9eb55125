"""Filling a Word template with a document's contents."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import jinja2
from docx import Document as Docx
from docx.oxml.ns import qn
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage
from jinja2.sandbox import ImmutableSandboxedEnvironment

from .layout import repacked
from .qr import qr_png

BROKEN = "模板文件无法打开，请用 Word 或 WPS 另存为 .docx 后重新上传。"
QR_MM = 24
# A line of a title in 二号, in full-width characters, and the least that its last line should hold.
TITLE_WIDTH, SHORTEST_LINE = 20, 6


class TemplateFault(ValueError):
    """The template cannot be filled; the message is Chinese and says what is wrong in it."""


def _paragraphs(value: Any) -> list[str]:
    lines = value.split("\n") if isinstance(value, str) else value
    return [line.strip() for line in lines if line.strip()]


def _title_lines(title: str) -> str:
    """A title whose last line would hold a few characters only is broken earlier; one that its drafter broke
    already stays as it is."""
    width = sum(1 if ord(sign) > 0x2E80 else 0.55 for sign in title)
    if "\n" in title or width <= TITLE_WIDTH or width % TITLE_WIDTH >= SHORTEST_LINE:
        return title
    return f"{title[:-SHORTEST_LINE]}\n{title[-SHORTEST_LINE:]}"


def _environment() -> jinja2.Environment:
    # Templates come from outside too: the sandbox keeps them from the portal's inside, and an unknown name is
    # an error, not a blank on a paper that somebody signs.
    environment = ImmutableSandboxedEnvironment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters["paragraphs"] = _paragraphs
    environment.filters["title_lines"] = _title_lines
    return environment


def fill(template: bytes, contents: dict[str, Any]) -> bytes:
    """The template with plain contents (see `contents.plain`) in its places, as .docx.

    The same bytes for the same arguments. Nothing in the contents is read as template, markup or field.
    Raises TemplateFault when the template cannot be read or names what the contents do not have.
    """
    try:
        document = DocxTemplate(BytesIO(template))
        document.init_docx()
        values = {name: _shielded(value) for name, value in contents.items()}
        values["qr"] = ""
        if url := contents.get("reply_url"):
            values["qr"] = InlineImage(document, BytesIO(qr_png(url)), width=Mm(QR_MM), height=Mm(QR_MM))
        document.render(values, _environment(), autoescape=True)
        target = BytesIO()
        document.save(target)
    except jinja2.UndefinedError as error:
        raise TemplateFault(f"模板用到了文书没有的内容：{error.message}") from error
    except jinja2.TemplateSyntaxError as error:
        raise TemplateFault(f"模板的占位符写法有误：{error.message}") from error
    except (jinja2.TemplateError, jinja2.exceptions.SecurityError) as error:
        raise TemplateFault(f"模板不能使用：{error}") from error
    except Exception as error:
        # Whatever a broken file makes the readers of Word files raise.
        raise TemplateFault(BROKEN) from error
    return repacked(target.getvalue())


def check_marks(template: bytes) -> None:
    """Raise TemplateFault for a placeholder that is not closed in its own paragraph: it would swallow what
    follows, up to the end of the next one."""
    try:
        paragraphs = list(Docx(BytesIO(template)).element.body.iter(qn("w:p")))
    except Exception as error:
        raise TemplateFault(BROKEN) from error
    for paragraph in paragraphs:
        text = "".join(part.text or "" for part in paragraph.iter(qn("w:t")))
        for start, end in (("{{", "}}"), ("{%", "%}")):
            if text.count(start) != text.count(end):
                raise TemplateFault(f"模板的占位符写法有误：“{text[:60]}”中的 {start} 与 {end} 不成对。")


# docxtpl turns these back into Jinja's own marks after filling.
_MARKS = ("{_{", "}_}", "{_%", "%_}")


def _shielded(value: Any) -> Any:
    """Texts in which docxtpl finds nothing to work on."""
    if isinstance(value, str):
        for mark in _MARKS:
            value = value.replace(mark, mark[0] + "\u2060" + mark[1:])
        return value
    if isinstance(value, dict):
        return {name: _shielded(one) for name, one in value.items()}
    return [_shielded(one) for one in value]
