"""Labeled pictures in COCO format, the one format that all commands read and write.

Beside the usual fields, a record of an image may have

  source   where the picture is from: the rows of the evaluation, and what training balances
  scene    what must not be on both sides of the hold-out: a game, a camera
  partial  true if some people in the picture may be unlabeled
  loose    0 to 1, how far the labeled boxes stand off the people

An annotation with `iscrowd` is an ignore box: people in it are neither wanted nor wrong.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

# The name of the labels in a folder that `prepare.py` wrote.
LABELS = 'coco.json'


@dataclass(frozen=True)
class Picture:
    path: Path
    record: dict
    boxes: np.ndarray  # [N, 4], x1 y1 x2 y2
    ignore: np.ndarray  # [N, 4]
    pixels: np.ndarray | None = None  # BGR

    @property
    def source(self):
        return str(self.record.get('source', 'pictures'))

    def read(self):
        """The picture with its pixels."""
        pixels = cv2.imread(str(self.path))
        if pixels is None:
            raise SystemExit(f'Cannot read the picture {self.path}')
        return replace(self, pixels=pixels)


def load(labels, images=None, classes=None):
    """Pictures of a COCO file, or of a folder with a coco.json. `classes`: names to keep (default: all)."""
    labels = Path(labels)
    if labels.is_dir():
        labels = labels / LABELS
    images = Path(images) if images else labels.parent
    if not labels.is_file():
        raise SystemExit(f'There is no file {labels}')
    content = json.loads(labels.read_text())
    wanted = {c['id'] for c in content['categories'] if classes is None or c['name'] in classes}
    by_image = {}
    for annotation in content['annotations']:
        if annotation['category_id'] in wanted:
            by_image.setdefault(annotation['image_id'], []).append(annotation)

    def picture(record):
        mine = by_image.get(record['id'], [])
        return Picture(
            path=images / record['file_name'],
            record=record,
            boxes=corners(a['bbox'] for a in mine if not a.get('iscrowd')),
            ignore=corners(a['bbox'] for a in mine if a.get('iscrowd')),
        )

    return [picture(record) for record in content['images']]


def category_names(labels):
    return [c['name'] for c in json.loads(Path(labels).read_text())['categories']]


def read_all(pictures):
    with ThreadPoolExecutor() as pool:
        return list(pool.map(Picture.read, pictures))


def corners(boxes):
    """x, y, width, height -> x1, y1, x2, y2"""
    boxes = np.array(list(boxes), np.float32).reshape(-1, 4)
    boxes[:, 2:] += boxes[:, :2]
    return boxes


def write(folder, pictures):
    """Writes the labels of pictures that are in `folder`."""
    images, annotations = [], []
    for number, picture in enumerate(pictures, 1):
        images.append(picture.record | {'id': number, 'file_name': picture.path.name})
        for boxes, iscrowd in ((picture.boxes, 0), (picture.ignore, 1)):
            for x1, y1, x2, y2 in boxes.round(1).astype(float).tolist():
                box = [x1, y1, round(x2 - x1, 1), round(y2 - y1, 1)]
                annotations.append(
                    {
                        'id': len(annotations) + 1,
                        'image_id': number,
                        'category_id': 1,
                        'bbox': box,
                        'area': round(box[2] * box[3], 1),
                        'iscrowd': iscrowd,
                    }
                )
    content = {'images': images, 'annotations': annotations, 'categories': [{'id': 1, 'name': 'person'}]}
    (Path(folder) / LABELS).write_text(json.dumps(content))
