"""Every row of the table."""

from collections.abc import Iterator

import nanodet_models
import nms_inside_models
import rfdetr_models
import rtdetr_models
import torchvision_models
import transformers_models
import ultralytics_models
import yolov5_models
import yolox_models
from row import Row

FAMILIES = (
    ultralytics_models,
    yolov5_models,
    yolox_models,
    transformers_models,
    rtdetr_models,
    rfdetr_models,
    nanodet_models,
    torchvision_models,
    nms_inside_models,
)


def all_rows() -> Iterator[Row]:
    for family in FAMILIES:
        yield from family.rows()
