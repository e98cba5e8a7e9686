"""Reads boxes and the pixels in them with pycocotools."""

import sys

import numpy as np
from PIL import Image

from opened import color, load, report

data = load()["data"]
pictures = []
for image in data.loadImgs(data.getImgIds()):
    if image["file_name"] not in sys.argv[3].split(","):
        continue
    frame = np.asarray(Image.open(f"{sys.argv[2]}/images/default/{image['file_name']}"))
    for box in data.loadAnns(data.getAnnIds(imgIds=image["id"])):
        left, top, width, height = (round(value) for value in box["bbox"])
        pictures.append([box["identity"], color(frame[top + 8 : top + height - 8, left + 4 : left + width - 4])])
report(
    images=len(data.imgs),
    boxes=len(data.anns),
    identities=len({box["identity"] for box in data.anns.values() if "identity" in box}),
    categories=[category["name"] for category in data.cats.values()],
    pictures=pictures,
)
