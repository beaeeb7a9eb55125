"""Long work of this room."""

from supervision.flows.history import SYSTEM
from supervision.jobs.registry import job
from supervision.jobs.services import JobError

from . import services
from .documents import services as documents
from .documents.models import Document
from .documents.pdf import PrintFailed
from .errors import StorageFailed


@job("sweep_files", label="清理未登记文件")
def sweep_files(run) -> dict:
    """Remove what broken uploads left in the store."""
    return {"removed": services.sweep_orphans()}


@job("print_document", label="生成文书 PDF")
def print_document(run, document: int) -> dict:
    """Print the PDF of an issued document. Run twice, it leaves one."""
    try:
        made = documents.print_pdf(Document.objects.get(pk=document), SYSTEM)
    except (PrintFailed, StorageFailed) as error:
        raise JobError(str(error)) from error
    return {"attachment": made.pk}
