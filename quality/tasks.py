"""Long work of this app: ids in, a service called, its progress told."""

from __future__ import annotations

from zipfile import ZIP_STORED, ZipFile

from projects.models import Section
from supervision.flows.history import SYSTEM
from supervision.jobs.models import JobRun
from supervision.jobs.registry import job
from supervision.jobs.services import JobError, progress, result_path
from supervision.papers.documents.pdf import PrintFailed

from .testing.signs import examine
from .testing.watching import remind_of_calibrations
from .works import contact


@job("examine_tests", label="试验数据比对")
def examine_tests(run: JobRun) -> dict:
    """Put questions about results that were filed since the last run."""

    def tell(done: int, total: int) -> None:
        progress(run, done, total, "正在比对试验数据")

    return {"asked": examine(SYSTEM, progress=tell)}


@job("remind_calibrations", label="检定校准到期提醒")
def remind_calibrations(run: JobRun) -> dict:
    """Remind laboratories of certificates that are about to end."""

    def tell(done: int, total: int) -> None:
        progress(run, done, total, "正在核对检定校准有效期")

    return {"machines": remind_of_calibrations(progress=tell)}


@job("concealed_contact_sheet", label="生成隐蔽工程影像目录")
def concealed_contact_sheet(run: JobRun, section: int) -> dict:
    """A section's images as PDF for whoever ordered it and sees them; several volumes come as one ZIP."""
    user = run.created_by
    found = Section.objects.visible_to(user).select_related("project").filter(pk=section).first()
    if found is None:
        raise JobError("没有这个标段，或者您不能查看。")

    def tell(done: int, total: int) -> None:
        progress(run, done, total, "正在排印影像")

    name = f"{found}隐蔽工程影像目录".replace("/", "／")
    try:
        made = contact.volumes(found, user, tell)
        number, of, pdf = next(made)
        if of == 1:
            result_path(run, f"{name}.pdf").write_bytes(pdf)
        else:
            with ZipFile(result_path(run, f"{name}.zip"), "w", ZIP_STORED) as archive:
                archive.writestr(f"{name}_{number}.pdf", pdf)
                for number, _, pdf in made:
                    archive.writestr(f"{name}_{number}.pdf", pdf)
    except PrintFailed as error:
        raise JobError(str(error)) from error
    return {"volumes": of}
