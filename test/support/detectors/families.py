"""Every row of the table."""

from collections.abc import Iterator
from pathlib import Path

import ultralytics_models
import yolox_models
from row import Row


def all_rows(out: Path) -> Iterator[Row]:
    for family in (ultralytics_models, yolox_models):
        yield from family.rows(out)
