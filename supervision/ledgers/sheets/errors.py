"""What keeps a workbook from being read at all."""

from __future__ import annotations


class SheetError(Exception):
    """The workbook as a whole cannot be taken; `message` is Chinese. `row` and `column` where one is to blame."""

    def __init__(self, message: str, row: int | None = None, column: str = ""):
        super().__init__(message)
        self.message, self.row, self.column = message, row, column

    def as_problem(self) -> dict:
        return {"row": self.row, "column": self.column, "message": self.message, "value": ""}
