"""The demonstration: invented units, persons and journeys, all of them marked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).parent.parent.parent / "data" / "demo.yaml"
BATCH = "load_demo"
NOTE = "演示数据"


def read_demo() -> dict[str, Any]:
    """The demonstration as its data file gives it."""
    return yaml.safe_load(DATA.read_text(encoding="utf-8"))
