"""Detections against labeled boxes over many pictures."""

import numpy as np

from .boxes import area, intersections, ious


class Score:
    """Add each picture, then read average precision, or recall and precision at a threshold.

    A detection is correct where it overlaps a labeled box by an IoU of at least `need` and no better detection has
    taken that box. What lies in an ignore box and is not correct is not counted.
    """

    def __init__(self, need):
        self.need = need
        self.boxes = 0
        self.scores, self.correct = [], []

    def add(self, boxes, scores, truth, ignore):
        self.boxes += len(truth)
        free = np.ones(len(truth), bool)
        overlaps = ious(boxes, truth)
        ignored = self._ignored(boxes, ignore)
        for i in np.argsort(-scores, kind='stable'):
            candidates = np.where(free, overlaps[i], -1)
            best = int(candidates.argmax()) if len(truth) else -1
            hit = best >= 0 and candidates[best] >= self.need
            if hit:
                free[best] = False
            if hit or not ignored[i]:
                self.scores.append(float(scores[i]))
                self.correct.append(hit)

    @staticmethod
    def _ignored(boxes, ignore):
        inside = intersections(boxes, ignore) / np.maximum(1e-9, area(boxes))[:, None]
        return ((ious(boxes, ignore) > 0.2) | (inside > 0.5)).any(1)

    def average_precision(self):
        recall, precision = self._curve()
        highest = np.maximum.accumulate(precision[::-1])[::-1]
        return float(np.sum(np.diff(recall, prepend=0.0) * highest))

    def at(self, threshold):
        """Recall and precision of the detections from `threshold` on."""
        count = int((np.array(self.scores) >= threshold).sum())
        if count == 0:
            return 0.0, 1.0
        recall, precision = self._curve()
        return float(recall[count - 1]), float(precision[count - 1])

    def _curve(self):
        """Recall and precision after each detection, the most confident first."""
        order = np.argsort(-np.array(self.scores), kind='stable')
        hits = np.cumsum(np.array(self.correct, float)[order])
        return hits / max(1, self.boxes), hits / np.arange(1, len(order) + 1)
