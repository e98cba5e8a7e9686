"""Batches of random views for training, made on the device that trains."""

import random
from collections import Counter
from dataclasses import dataclass

import numpy as np
import torch

from .crop import random_crop
from .jitter import jitter
from .preprocess import MEAN, STD

MOST_BOXES, MOST_IGNORED = 100, 64
# Share of the views that show four pictures.
MOSAICS = 0.25


@dataclass(frozen=True)
class Views:
    image: torch.Tensor  # [B, 3, H, W], normalized
    boxes: torch.Tensor  # [B, M, 4], of which `has` says which are boxes
    has: torch.Tensor  # [B, M]
    loose: torch.Tensor  # [B, M]: see coco.py
    ignore: torch.Tensor  # [B, I, 4]
    partial: torch.Tensor  # [B, 4], for each quadrant: some people may be unlabeled


class Sampler:
    """Draws views of `pictures`: random crops of random scale, some of them mosaics, with changes of color.

    A source with n pictures is drawn in proportion to the root of n, times its factor in `weights`, so that none drowns
    the others. `empty`: share of the views that show pictures without people (default: as the others). `glare`: adds
    lamps and reflections, or None.
    """

    def __init__(self, pictures, device, seed, weights=None, empty=None, glare=None):
        self.pictures, self.device, self.glare = pictures, device, glare
        self.rng = random.Random(seed)
        self.chances = chances(pictures, weights or {}, empty)
        self.cumulative = np.cumsum(self.chances).tolist()
        self.pixels = {p.path: torch.from_numpy(np.ascontiguousarray(p.pixels)).to(device) for p in pictures}
        self.mean, self.std = (torch.from_numpy(values).to(device)[:, None, None] for values in (MEAN, STD))

    def shares(self):
        """{source: share of the views}"""
        shares = Counter()
        for picture, chance in zip(self.pictures, self.chances):
            shares[picture.source] += float(chance)
        return dict(shares)

    def sample(self, count, height, width):
        image = torch.empty(count, 3, height, width, device=self.device)
        labels = Labels(count)
        for i in range(count):
            for quadrant, x, y, crop in self.plan(height, width):
                pixels = crop.pixels(self.pixels[crop.picture.path], self.mean)
                image[i, :, y : y + crop.height, x : x + crop.width] = pixels
                labels.add(i, quadrant, x, y, crop)
        # What fills the views around the pictures stays the mean color, as in the product.
        filled = (image - self.mean).abs().amax(1, keepdim=True) > 0
        if self.glare:
            image = self.glare.add(image, labels.boxes, self.rng)
        image = (jitter(image, self.rng) - self.mean) / self.std
        return labels.views(torch.where(filled, image, 0.0))

    def plan(self, height, width):
        """The crops of a view: (quadrant or None, x, y, crop)."""
        if self.rng.random() >= MOSAICS:
            return [(None, 0, 0, random_crop(self.pick(), width, height, self.rng))]
        height, width = height // 2, width // 2
        places = ((0, 0, 0), (1, width, 0), (2, 0, height), (3, width, height))
        return [
            (quadrant, x, y, random_crop(self.pick(), width, height, self.rng, self.rng.uniform(0.6, 1.0)))
            for quadrant, x, y in places
        ]

    def pick(self):
        return self.rng.choices(self.pictures, cum_weights=self.cumulative)[0]


class Labels:
    """Collects the boxes of the crops of a batch."""

    def __init__(self, count):
        self.boxes, self.loose, self.ignore = ([[] for _ in range(count)] for _ in range(3))
        self.partial = np.zeros((count, 4), bool)

    def add(self, i, quadrant, x, y, crop):
        boxes, ignore = crop.labels()
        move = np.array([x, y, x, y], np.float32)
        self.boxes[i].extend(boxes + move)
        self.ignore[i].extend(ignore + move)
        self.loose[i].extend([float(crop.picture.record.get('loose', 0))] * len(boxes))
        self.partial[i, slice(None) if quadrant is None else quadrant] = crop.picture.record.get('partial', False)

    def views(self, image):
        def tensor(rows, most, *shape):
            longest = min(most, max(1, max(map(len, rows))))
            values = np.zeros((len(rows), longest, *shape), np.float32)
            for row, value in zip(values, rows):
                if value:
                    row[: len(value)] = value[:longest]
            return torch.from_numpy(values).to(image.device)

        boxes = tensor(self.boxes, MOST_BOXES, 4)
        return Views(
            image=image.contiguous(memory_format=torch.channels_last),
            boxes=boxes,
            has=(boxes[..., 2:] > boxes[..., :2]).all(-1),
            loose=tensor(self.loose, MOST_BOXES),
            ignore=tensor(self.ignore, MOST_IGNORED, 4),
            partial=torch.from_numpy(self.partial).to(image.device),
        )


def chances(pictures, weights, empty):
    """The chance of each picture."""
    count = Counter(picture.source for picture in pictures)
    chance = np.array([weights.get(p.source, 1.0) / count[p.source] ** 0.5 for p in pictures])
    chance /= chance.sum()
    without = np.array([len(p.boxes) == 0 and len(p.ignore) == 0 for p in pictures])
    if empty is not None and without.any() and not without.all():
        chance[without] *= empty / chance[without].sum()
        chance[~without] *= (1 - empty) / chance[~without].sum()
    return chance
