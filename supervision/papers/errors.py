"""What can go wrong with a file that somebody sends, and with the store of files."""

from django.core.exceptions import ValidationError

from supervision.flows.errors import FlowError

ENCRYPTED = "文件设有打开密码，无法审阅。请取消密码后重新上传。"
MACRO = "文件含有宏，不能上传。请另存为不含宏的格式后重新上传。"
REMOTE = "文件引用了网络上的模板或对象，打开时会自动连接，不能上传。请断开引用、另存后重新上传。"


class StorageFailed(FlowError):
    """The server could not write or read a file. Nothing was recorded; the sender may try again."""

    http_status = 507
    code = "storage_failed"


class WrongContent(Exception):
    """The file is not of the kind that its extension says."""


def refuse(message: str, code: str) -> ValidationError:
    """The error that tells the sender why a file is not taken and what to do."""
    return ValidationError(message, code=code)
