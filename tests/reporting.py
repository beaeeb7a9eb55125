"""What the tests of reports share: templates of lines, and a report made already."""

from __future__ import annotations

from datetime import date
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from docx import Document as Docx
from docx.oxml.ns import qn

from supervision.flows import records
from supervision.papers.documents.layout import repacked
from supervision.plan.models import Report, ReportTemplate
from supervision.plan.reports import reading, services, templates
from tests.factories import COMMAND


def word(*lines: str) -> bytes:
    """A Word file with a paragraph a line."""
    document = Docx()
    for line in lines:
        document.add_paragraph(line)
    target = BytesIO()
    document.save(target)
    return repacked(target.getvalue())


def template(*lines: str, kind: str = "year", title: str = "年度报告") -> ReportTemplate:
    return templates.upload_template(title, kind, upload(word(*lines)), COMMAND)


def upload(content: bytes, name: str = "报告.docx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def report(of: ReportTemplate, first: date = date(2024, 1, 1), **facts) -> Report:
    made = records.create(Report(template=of, first=first, **facts), COMMAND)
    return Report.objects.get(pk=made.pk)


def made_of(*lines: str, texts: dict | None = None, **facts) -> Report:
    """A report of 2024 made of these lines."""
    one = report(template(*lines), **facts)
    if texts:
        one = services.write_texts(one, texts, COMMAND)
    return services.make(one, COMMAND)


def said(of: Report) -> dict[str, str]:
    """The figures by their meaning, as they stand on paper."""
    return {row.label: row.text for row in of.figures.all()}


def content(of: Report) -> bytes:
    return services.content_of(of, of.word)


def edited(of: Report, change) -> bytes:
    """The report's file as somebody changed it: `change` gets the python-docx document."""
    document = Docx(BytesIO(content(of)))
    change(document)
    target = BytesIO()
    document.save(target)
    return target.getvalue()


def control(document, ref: int):
    """The content control of a figure."""
    return next(one for one in document.element.body.iter(qn("w:sdt")) if reading.ref_of(one) == ref)


def put(document, ref: int, text: str) -> None:
    """Type over what stands in a control, as Word does."""
    next(control(document, ref).iter(qn("w:t"))).text = text


def ready(side) -> Report:
    """A report that was made, with nothing found in it."""
    from tests.contract.world import make

    values = {"made_at": timezone.now(), "word": "0" * 64}
    return records.update(make(Report, side), values, COMMAND, clean=False)


# For the generated tests of the flow.
VARIANTS = {Report: lambda world, side: [ready(side)]}
