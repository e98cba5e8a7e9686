"""The network's outputs as boxes of people, by the same rules as src/vision/detectors/nanodet.ts."""

import numpy as np

from .boxes import suppress

STRIDES = (8, 16, 32)
# Distances to the sides of a box are distributions over 0 ... 10 strides.
BINS = 11
PERSON = 0


def anchors(height, width):
    """Centers [A, 2] and strides [A] of the cells of an input, in the order of the outputs."""
    centers, strides = [], []
    for stride in STRIDES:
        y, x = np.mgrid[0 : height // stride, 0 : width // stride]
        centers.append((np.stack([x.ravel(), y.ravel()], 1) + 0.5) * stride)
        strides.append(np.full(len(centers[-1]), stride))
    return np.concatenate(centers).astype(np.float32), np.concatenate(strides).astype(np.float32)


def people(scores, bins, input_shape, scaled, picture_size, least, nms_iou=0.5):
    """Boxes [N, 4] in pixels of the picture and their scores [N].

    scores: [A], 0 to 1, of class 0. bins: [4 * BINS, A], before softmax. Scores below `least` are left out.
    """
    centers, strides = anchors(*input_shape)
    likely = scores >= least
    scores, (x, y) = scores[likely], centers[likely].T
    weights = bins[:, likely].reshape(4, BINS, -1).astype(np.float32)
    weights = np.exp(weights - weights.max(1, keepdims=True))
    expected = (weights * np.arange(BINS, dtype=np.float32)[:, None]).sum(1) / weights.sum(1)
    left, top, right, bottom = expected * strides[likely]
    boxes = np.stack([x - left, y - top, x + right, y + bottom], 1)
    boxes *= np.tile(np.divide(picture_size, scaled), 2).astype(np.float32)
    kept = suppress(boxes, scores, nms_iou)
    boxes, scores = np.round(boxes[kept].clip(0, np.tile(picture_size, 2)), 1), scores[kept]
    visible = (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    return boxes[visible], scores[visible]
