"""One random view of a picture: where it is cut, and which boxes are in it."""

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from .boxes import area

# Long side to which scales refer: the product's usual input size.
NOMINAL = 1280


@dataclass(frozen=True)
class Crop:
    """`scale` (x, y) of the picture, `origin` (x, y) of the view in the scaled picture, and whether it is mirrored."""

    picture: object
    width: int
    height: int
    scale: tuple
    origin: tuple
    mirrored: bool

    def place(self, boxes):
        """Boxes of the picture in pixels of the view, not clipped."""
        boxes = boxes * np.tile(self.scale, 2) - np.tile(self.origin, 2)
        if self.mirrored:
            boxes = np.stack([self.width - boxes[:, 2], boxes[:, 1], self.width - boxes[:, 0], boxes[:, 3]], 1)
        return boxes.astype(np.float32)

    def labels(self):
        """Boxes of people that can be seen in the view, and ignore boxes: the given ones and barely seen people."""
        size = np.array([self.width, self.height] * 2, np.float32)
        whole = self.place(self.picture.boxes)
        cut = whole.clip(0, size)
        seen = area(cut) / np.maximum(area(whole), 1e-6)
        large = (cut[:, 3] - cut[:, 1] >= 9) & (cut[:, 2] - cut[:, 0] >= 3)
        good = (seen > 0.4) & large
        ignore = self.place(self.picture.ignore).clip(0, size)
        return cut[good], np.concatenate([ignore[area(ignore) > 4], cut[(seen > 0.02) & ~good]])

    def pixels(self, source, fill):
        """The view [3, H, W] of `source` [H, W, 3], with the color `fill` [3, 1, 1] outside of the picture."""
        height, width = source.shape[:2]
        across, down = self.width / (width * self.scale[0]), self.height / (height * self.scale[1])
        x = 2 * self.origin[0] / (width * self.scale[0]) + across - 1
        y = 2 * self.origin[1] / (height * self.scale[1]) + down - 1
        theta = torch.tensor([[[-across if self.mirrored else across, 0, x], [0, down, y]]], device=source.device)
        values = (source.permute(2, 0, 1).float() - fill)[None]
        for _ in range(max(0, math.floor(-math.log2(min(self.scale)) + 0.01))):
            values = F.avg_pool2d(values, 2)  # bilinear sampling alone would skip pixels
        grid = F.affine_grid(theta, (1, 3, self.height, self.width), align_corners=False)
        return F.grid_sample(values, grid, 'bilinear', 'zeros', align_corners=False)[0] + fill


def random_crop(picture, width, height, rng, shrink=1.0):
    full_height, full_width = picture.pixels.shape[:2]
    nominal = NOMINAL / max(full_width, full_height)
    low, high = scales(picture, nominal)
    scale = nominal * math.exp(rng.uniform(math.log(low), math.log(high))) * shrink
    scale = (scale * math.exp(rng.uniform(-0.08, 0.08)), scale * math.exp(rng.uniform(-0.08, 0.08)))
    room = (full_width * scale[0] - width, full_height * scale[1] - height)
    # A picture that is smaller than the view lies anywhere in it.
    origin = [rng.uniform(min(0, space), max(0, space)) for space in room]
    if len(picture.boxes) and rng.random() < 0.6:  # with a person, so that few views are empty
        x1, y1, x2, y2 = picture.boxes[rng.randrange(len(picture.boxes))]
        middle = ((x1 + x2) / 2 * scale[0], (y1 + y2) / 2 * scale[1])
        for axis, side in enumerate((width, height)):
            if room[axis] > 0:
                origin[axis] = min(max(middle[axis] - side * rng.uniform(0.1, 0.9), 0), room[axis])
    return Crop(picture, width, height, scale, tuple(map(float, origin)), rng.random() < 0.5)


def scales(picture, nominal):
    """Least and greatest scale: close-ups rather smaller, specks rather larger."""
    heights = (picture.boxes[:, 3] - picture.boxes[:, 1]) * nominal
    tall = float(np.median(heights)) if len(heights) else 80
    if tall > 200:
        return 0.3, 1.1
    return (0.8, 1.8) if tall < 32 else (0.4, 1.5)
