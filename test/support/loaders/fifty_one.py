"""Opens a FiftyOne folder and a COCO folder with FiftyOne and its own database."""

import sys

import fiftyone
import numpy as np
from PIL import Image

from opened import color, load, report

names = load()
crops, frames = names["crops"], names["frames"]
in_frames = []
for sample in frames:
    picture = np.asarray(Image.open(sample.filepath))
    height, width = picture.shape[:2]
    for box in sample.detections.detections:
        x, y, w, h = np.array(box.bounding_box) * [width, height, width, height]
        inside = picture[round(y) + 8 : round(y + h) - 8, round(x) + 4 : round(x + w) - 4]
        in_frames.append([box.identity, color(inside)])
of_crops = [[int(sample.identity.label), color(Image.open(sample.filepath))] for sample in crops]
coco = fiftyone.Dataset.from_dir(
    data_path=f"{sys.argv[2]}/images/default",
    labels_path=f"{sys.argv[2]}/annotations/instances_default.json",
    dataset_type=fiftyone.types.COCODetectionDataset,
)
report(
    crops=len(crops),
    frames=len(frames),
    boxes=frames.count("detections.detections"),
    tracks=sorted(frames.distinct("detections.detections.index")),
    identities=sorted(int(label) for label in crops.distinct("identity.label")),
    tags=crops.count_sample_tags(),
    moments=[sample.pts_ms for sample in frames.sort_by("pts_ms").limit(3)],
    one=len(crops.match(fiftyone.ViewField("identity.label") == "1")),
    pictures=of_crops[::29] + in_frames[::7],
    coco=[len(coco), coco.count("detections.detections"), len(coco.distinct("detections.detections.track_id"))],
)
