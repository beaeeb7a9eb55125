"""What the tests of official documents share: kinds on sections, and a bureau that numbers its papers."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

from docx import Document as Docx

from supervision.flows import records
from supervision.flows.history import Actor
from supervision.papers.documents.models import NumberPool
from supervision.papers.documents.registry import Signature, document, paper_of
from supervision.people.models import Organization

from .factories import COMMAND, organization

LISTING, NOTICE, SLIP, REPLY = "test-listing", "test-notice", "test-slip", "test-reply"


def declare() -> None:
    """Documents on sections, one for each way of signing, as an upper room declares them."""

    @document(
        LISTING,
        model="projects.section",
        paper="listing_notice",
        signature=Signature.LEADER,
        pools=["listing"],
    )
    def listing(section):
        return paper_of("listing_notice").contents.example(
            project=section.project.name,
            section=section.code,
            number="",
            second_number="",
            issued_on="",
            signer="",
            title="",
            office="",
            head="",
            to="",
        )

    @document(
        NOTICE,
        model="projects.section",
        paper="rectification_notice",
        signature=Signature.STAFF,
        pools=["notice"],
    )
    def notice(section):
        return paper_of("rectification_notice").contents.example(
            project=section.project.name, number="", issued_on="", signer="", office="", to="", reply_url=""
        )

    @document(
        SLIP,
        model="projects.section",
        paper="supervision_slip",
        signature=Signature.STAFF,
        pools=["slip", "letter"],
    )
    def slip(section):
        return paper_of("supervision_slip").contents.example(number="", second_number="")

    @document(REPLY, model="projects.section", paper="rectification_reply", signature=Signature.PARTY)
    def reply(section):
        return paper_of("rectification_reply").contents.example(office="", number="")


declared = False


def declare_once() -> None:
    global declared
    if not declared:
        declare()
        declared = True


def pool(office: Organization, code: str = "notice", prefix: str = "宿交质整", **facts) -> NumberPool:
    row = NumberPool(organization=office, code=code, label=f"用途{code}", prefix=prefix, **facts)
    return records.create(row, COMMAND)


def bureau(**pools: str) -> Organization:
    """A bureau with an office below it and the pools given as code=prefix."""
    made = organization("bureau", name="宿迁市交通运输局")
    for code, prefix in pools.items():
        pool(made, code, prefix)
    return made


def acting(user) -> Actor:
    """The person as a request of their own would bring them."""
    return Actor.of(type(user).objects.get(pk=user.pk), "page")


def text_of_word(content: bytes) -> str:
    document = Docx(io.BytesIO(content))
    texts = [paragraph.text for paragraph in document.paragraphs]
    texts += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join(texts)


def text_of_pdf(content: bytes, *options: str) -> str:
    return subprocess.run(
        ["pdftotext", *options, "-", "-"], input=content, capture_output=True, check=True
    ).stdout.decode()


def office() -> str | None:
    """LibreOffice, where the machine has it."""
    return shutil.which("soffice")


def printed_by_office(sheet: Path) -> bytes:
    """A workbook as LibreOffice opens and prints it: the PDF."""
    home = sheet.parent / "office"
    command = [office(), f"-env:UserInstallation=file://{home}", "--headless", "--convert-to", "pdf"]
    subprocess.run(
        [*command, "--outdir", str(sheet.parent), str(sheet)], check=True, capture_output=True, timeout=120
    )
    return sheet.with_suffix(".pdf").read_bytes()
