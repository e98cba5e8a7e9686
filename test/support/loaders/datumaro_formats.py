"""Reads coco, cvat and mot with Datumaro."""

import sys

import datumaro

from opened import color, load, report


def facts(data):
    items = list(data)
    boxes = [(item, box) for item in items for box in item.annotations if not box.attributes.get("outside")]
    pictures = []
    for item, box in boxes[::29]:
        if item.media is None or item.media.data is None:
            continue
        x, y, width, height = (round(value) for value in box.get_bbox())
        inside = item.media.data[y + 8 : y + height - 8, x + 4 : x + width - 4, 2::-1]
        pictures.append([int(box.attributes["track_id"]), color(inside)])
    return {
        "items": len(items),
        "boxes": len(boxes),
        "tracks": len({int(box.attributes["track_id"]) for _, box in boxes}),
        "labels": [label.name for label in data.categories()[datumaro.AnnotationType.label] if label.name],
        "pictures": pictures,
    }


coco, mot = sys.argv[2:]
report(
    coco=facts(datumaro.Dataset.import_from(coco, "coco")),
    cvat=facts(load()["data"]),
    mot=facts(datumaro.Dataset.import_from(f"{mot}/run_2", "mot_seq")),
)
