"""Every row of the table."""

from collections.abc import Iterator
from pathlib import Path

import nanodet_models
import transformers_models
import ultralytics_models
import yolov5_models
import yolox_models
from row import Row


FAMILIES = (ultralytics_models, yolov5_models, yolox_models, transformers_models, nanodet_models)


def all_rows(out: Path) -> Iterator[Row]:
    for family in FAMILIES:
        yield from family.rows(out)
