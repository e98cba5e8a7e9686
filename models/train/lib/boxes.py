"""Boxes [x1, y1, x2, y2] in numpy: areas, overlaps and non-maximum suppression."""

import numpy as np


def area(boxes):
    return (boxes[..., 2] - boxes[..., 0]).clip(0) * (boxes[..., 3] - boxes[..., 1]).clip(0)


def intersections(a, b):
    """Areas [A, B] that each box of `a` shares with each box of `b`."""
    width = np.minimum(a[:, None, 2], b[None, :, 2]) - np.maximum(a[:, None, 0], b[None, :, 0])
    height = np.minimum(a[:, None, 3], b[None, :, 3]) - np.maximum(a[:, None, 1], b[None, :, 1])
    return width.clip(0) * height.clip(0)


def ious(a, b):
    both = intersections(a, b)
    return both / np.maximum(1e-9, area(a)[:, None] + area(b)[None] - both)


def suppress(boxes, scores, limit, most=1000):
    """Indices of the boxes that greedy non-maximum suppression keeps, the most confident first."""
    order = np.argsort(-scores, kind='stable')[:most]
    alive = np.ones(len(order), bool)
    kept = []
    for i, n in enumerate(order):
        if not alive[i]:
            continue
        kept.append(n)
        alive[i + 1 :] &= ious(boxes[n : n + 1], boxes[order[i + 1 :]])[0] <= limit
    return np.array(kept, int)
