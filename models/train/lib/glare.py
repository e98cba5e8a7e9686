"""Lamps and reflections over labeled pictures, but not over the people."""

import numpy as np
import torch

from .drawing import lamps

LAYERS = 16
# Larger than any view, so that each is a part of a layer.
SIDE = 1536
# Pixels around a person that stay free.
MARGIN = 4


class Glare:
    """Adds drawn lamps to a share of the views. The layers are drawn once; each view gets a random part of one."""

    def __init__(self, share, device, seed):
        self.share = share
        rng = np.random.default_rng(seed)
        self.layers = [torch.from_numpy(layer(rng)).to(device, torch.float16) for _ in range(LAYERS)]

    def add(self, image, boxes, rng):
        """image [B, 3, H, W], BGR, 0 to 255. boxes: for each image, those of the people in it."""
        height, width = image.shape[2:]
        for i in range(len(image)):
            if rng.random() >= self.share:
                continue
            x, y = rng.randrange(SIDE - width + 1), rng.randrange(SIDE - height + 1)
            light = rng.choice(self.layers)[:, y : y + height, x : x + width].float()
            for x1, y1, x2, y2 in np.array(boxes[i]).reshape(-1, 4).astype(int):
                light[:, max(0, y1 - MARGIN) : y2 + MARGIN, max(0, x1 - MARGIN) : x2 + MARGIN] = 0
            image[i] = (image[i] + light).clamp(0, 255)
        return image


def layer(rng):
    light = np.zeros((SIDE, SIDE, 3), np.float32)
    for _ in range(6):
        lamps(rng, light, 0, SIDE, upright=rng.random() < 0.6)
    return light.transpose(2, 0, 1).copy()
