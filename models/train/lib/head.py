"""Anchors and boxes of the network's head, in torch."""

import torch

from . import decode
from .decode import BINS


def anchors(height, width, device):
    """Centers [A, 2] and strides [A] of the cells of an input, in the order of the outputs."""
    return tuple(torch.from_numpy(values).to(device) for values in decode.anchors(height, width))


def boxes(centers, strides, bins):
    """bins [..., A, 44] -> x1, y1, x2, y2 in pixels of the input [..., A, 4]"""
    shares = bins.unflatten(-1, (4, BINS)).softmax(-1)
    sides = shares @ torch.arange(BINS, dtype=shares.dtype, device=shares.device) * strides[..., None]
    return torch.cat([centers - sides[..., :2], centers + sides[..., 2:]], -1)


def overlap(a, b, generalized=False):
    """IoU, or GIoU, of boxes [..., 4], broadcast."""
    low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    both = (high - low).clamp(min=0).prod(-1)
    union = area(a) + area(b) - both
    iou = both / union.clamp(min=1e-6)
    if not generalized:
        return iou
    hull = torch.maximum(a[..., 2:], b[..., 2:]) - torch.minimum(a[..., :2], b[..., :2])
    hull = hull.clamp(min=0).prod(-1).clamp(min=1e-6)
    return iou - (hull - union) / hull


def area(boxes):
    return (boxes[..., 2:] - boxes[..., :2]).clamp(min=0).prod(-1)
