"""Templates of reports: checked when they come in, kept as versions."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.base import ContentFile
from django.db import transaction
from django.db.models import Max

from supervision.flows import records
from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor
from supervision.papers import formats
from supervision.papers import services as papers
from supervision.papers.documents import markup
from supervision.people.models import Role

from ..models.report import TEMPLATE, ReportTemplate
from . import making
from .placeholders import PlaceholderFault

KEEPERS = frozenset({Role.BUREAU_STAFF})
MAX_TEMPLATE = 5 * 1024 * 1024


def may_keep(actor: Actor) -> None:
    """Raises NotAllowed unless the actor is bureau staff, or the portal itself."""
    if actor.user is not None and not actor.user.roles & KEEPERS:
        raise NotAllowed("只有市局业务人员可以办理报告和报告模板。")


def read_word(upload: File, most: int) -> bytes:
    """An uploaded Word file that is what its name says. Raises ValidationError."""
    if upload.size > most:
        raise ValidationError(f"文件超过 {most // 1048576} MB。", code="too_large")
    content = upload.read()
    with tempfile.NamedTemporaryFile(suffix=".docx") as file:
        file.write(content)
        file.flush()
        formats.inspect(Path(file.name), upload.name if upload.name.lower().endswith(".docx") else "x.bin")
    return content


def check_template(content: bytes) -> list[str]:
    """What a template asks people to type. Raises ValidationError naming the paragraph of what is wrong."""
    try:
        asked = making.check(content)
    except PlaceholderFault as error:
        raise ValidationError(str(error), code="template") from error
    if lost := markup.unknown(content):
        raise ValidationError(
            f"模板中的{'、'.join(lost)}不能转为 PDF，请改用段落、表格和嵌入式图片后重新上传。",
            code="template",
        )
    return asked


def upload_template(title: str, kind: str, upload: File, actor: Actor, note: str = "") -> ReportTemplate:
    """Keep a Word file as the next version of the template `title`; earlier versions stay. Raises NotAllowed, and
    ValidationError with a sentence when the file cannot be used."""
    may_keep(actor)
    content = read_word(upload, MAX_TEMPLATE)
    check_template(content)
    return keep_template(title, kind, content, actor, note)


def keep_template(
    title: str, kind: str, content: bytes, actor: Actor, note: str = "", *, shipped: bool = False
) -> ReportTemplate:
    """Keep a checked template as a version."""
    title = title.strip()
    sha256 = hashlib.sha256(content).hexdigest()
    versions = ReportTemplate.objects.filter(title=title)
    if other := versions.exclude(kind=kind).first():
        raise ValidationError(f"“{title}”已是{other.get_kind_display()}的模板，请换一个名称。")
    if same := versions.filter(sha256=sha256).first():
        return same
    with transaction.atomic():
        number = (versions.aggregate(last=Max("number"))["last"] or 0) + 1
        template = ReportTemplate(
            title=title, kind=kind, number=number, sha256=sha256, note=note, shipped=shipped
        )
        template = records.create(template, actor)
        papers.attach(template, ContentFile(content, f"{title[:60]}第{number}版.docx"), TEMPLATE, actor)
    return template
