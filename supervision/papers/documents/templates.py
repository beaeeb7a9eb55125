"""Versions of Word templates: the portal's own, and those that offices upload."""

from __future__ import annotations

import hashlib

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import Max

from supervision.flows import records
from supervision.flows.errors import NotAllowed
from supervision.flows.history import Actor
from supervision.papers import services as papers
from supervision.papers.errors import StorageFailed
from supervision.people.models import AUTHORITY_ROLES, Organization, Role

from . import contents, markup, registry, word
from .models import TEMPLATE, DocumentTemplate
from .registry import Paper

KEEPERS = AUTHORITY_ROLES | {Role.SYSTEM_ADMIN}
MAX_BYTES = 5 * 1024 * 1024


def current(paper: Paper, organization: Organization, actor: Actor) -> DocumentTemplate:
    """The template in force for papers of `organization`: the newest enabled one of the nearest office that
    has its own, else the portal's. The portal's is kept as a version the first time it is used."""
    above = [int(step) for step in organization.path.split("/") if step]
    own = DocumentTemplate.objects.filter(paper=paper.code, organization__in=above, is_active=True)
    found = sorted(own, key=lambda one: (above.index(one.organization_id), one.number))
    return found[-1] if found else _shipped(paper, actor)


def _shipped(paper: Paper, actor: Actor) -> DocumentTemplate:
    content = paper.build()
    sha256 = hashlib.sha256(content).hexdigest()
    versions = DocumentTemplate.objects.filter(paper=paper.code, organization__isnull=True)
    if known := versions.filter(sha256=sha256).first():
        return known
    try:
        with transaction.atomic():
            return _keep(paper, None, content, "平台内置", actor)
    except (IntegrityError, ValidationError):
        # Somebody issued the first paper of this version at the same moment.
        if known := versions.filter(sha256=sha256).first():
            return known
        raise


def _keep(
    paper: Paper, organization: Organization | None, content: bytes, note: str, actor: Actor
) -> DocumentTemplate:
    versions = DocumentTemplate.objects.filter(paper=paper.code, organization=organization)
    number = (versions.aggregate(last=Max("number"))["last"] or 0) + 1
    sha256 = hashlib.sha256(content).hexdigest()
    template = DocumentTemplate(
        paper=paper.code, organization=organization, number=number, sha256=sha256, note=note
    )
    records.create(template, actor)
    papers.attach(template, ContentFile(content, f"{paper.label}模板第{number}版.docx"), TEMPLATE, actor)
    return template


def content_of(template: DocumentTemplate) -> bytes:
    """The .docx of a template version. Raises StorageFailed when it is missing from the store or changed."""
    attachment = papers.of(template).filter(kind=TEMPLATE, sha256=template.sha256).first()
    file = papers.file_of(attachment) if attachment else None
    content = file.read_bytes() if file else b""
    if hashlib.sha256(content).hexdigest() != template.sha256:
        raise StorageFailed("文书模板不在存储中或已损坏，请联系系统管理员。")
    return content


def blank(paper_code: str, organization: Organization | None = None) -> bytes:
    """The .docx in force, with its placeholders: for downloading, changing in Word, and uploading again.
    Raises LookupError for an unknown paper."""
    paper = registry.paper_of(paper_code)
    if organization is not None:
        above = [int(step) for step in organization.path.split("/") if step]
        own = DocumentTemplate.objects.filter(paper=paper.code, organization__in=above, is_active=True)
        found = sorted(own, key=lambda one: (above.index(one.organization_id), one.number))
        if found:
            return content_of(found[-1])
    return paper.build()


def check(paper: Paper, content: bytes) -> bytes:
    """Fill a template with examples and return the result; raises ValidationError with what is wrong in it.

    Tried with every field filled and with none, so that it does not fail on the first real paper.
    """
    try:
        word.check_marks(content)
        full = word.fill(content, contents.plain(paper.contents.example()))
        word.fill(content, contents.plain(paper.contents()))
    except word.TemplateFault as error:
        raise ValidationError(str(error), code="template") from error
    if lost := markup.unknown(full):
        raise ValidationError(
            f"模板中的{'、'.join(lost)}不能转为 PDF，请改用段落、表格和嵌入式图片后重新上传。",
            code="template",
        )
    markup.as_html(full)
    return full


def upload(
    paper_code: str, upload: File, organization: Organization, actor: Actor, note: str = ""
) -> DocumentTemplate:
    """Keep an office's own version of a template; papers it or an office below it issues from now on use it.

    Raises NotAllowed for people who do not keep that office's forms, ValidationError with a sentence when the
    file cannot be used, LookupError for an unknown paper. Earlier versions stay.
    """
    paper = registry.paper_of(paper_code)
    user = actor.user
    if user is not None:
        mine = [m.organization.path for m in user.active_memberships if m.role in KEEPERS]
        # The office itself, one below it, or the bureau it belongs to.
        if not any(organization.path.startswith(path) or path.startswith(organization.path) for path in mine):
            raise NotAllowed("您不能更换该单位的文书模板。")
    if upload.size > MAX_BYTES:
        raise ValidationError(f"模板超过 {MAX_BYTES // 1048576} MB。", code="too_large")
    content = upload.read()
    check(paper, content)
    with transaction.atomic():
        return _keep(paper, organization, content, note, actor)
