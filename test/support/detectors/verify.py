"""Whether an expectation is fit for a test: noise does not change it, wrong preprocessing does."""

from contextlib import contextmanager
from itertools import pairwise

import cv2
import numpy as np
import onnxruntime

from row import Found, Row

IOU, SCORE, SHARE = 0.98, 0.01, 0.99

_run = onnxruntime.InferenceSession.run
_noise = {"level": 0.0, "seed": 0}


def _run_with_noise(self, names, feeds, *rest, **options):
    if _noise["level"]:
        random = np.random.default_rng(_noise["seed"])
        feeds = dict(feeds)
        for name, value in feeds.items():
            if value.ndim != 4:
                continue
            if value.dtype == np.uint8:
                changes = random.choice([-1, 0, 0, 0, 1], value.shape)
                feeds[name] = np.clip(value.astype(int) + changes, 0, 255).astype(np.uint8)
            else:
                changes = random.uniform(-0.5, 0.5, value.shape) * _noise["level"]
                feeds[name] = (value + changes).astype(value.dtype)
    return _run(self, names, feeds, *rest, **options)


onnxruntime.InferenceSession.run = _run_with_noise


@contextmanager
def noise(level: float, seed: int):
    """Adds half a level of noise, up or down, to every input of every network."""
    _noise.update(level=level, seed=seed)
    try:
        yield
    finally:
        _noise.update(level=0.0)


def iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    left_top = np.maximum(a[:, None, :2], b[None, :, :2])
    right_bottom = np.minimum(a[:, None, 2:], b[None, :, 2:])
    common = np.prod(np.clip(right_bottom - left_top, 0, None), axis=2)
    area_a, area_b = (np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (a, b))
    return common / np.maximum(area_a[:, None] + area_b[None] - common, 1e-9)


def agreement(expected: list[Found], found: list[Found]) -> float:
    """Share of boxes that have their equal, of the larger of both counts."""
    matched = total = 0
    for a, b in zip(expected, found, strict=True):
        total += max(len(a.scores), len(b.scores))
        if len(a.scores) == 0 or len(b.scores) == 0:
            continue
        fits = (
            (iou(a.boxes, b.boxes) >= IOU)
            & (np.abs(a.scores[:, None] - b.scores[None]) <= SCORE)
            & (a.classes[:, None] == b.classes[None])
        )
        free = np.ones(len(b.scores), dtype=bool)
        for row in fits:
            hits = np.flatnonzero(row & free)
            if len(hits):
                free[hits[0]] = False
                matched += 1
    return matched / max(total, 1)


def misfit(picture: np.ndarray, row: Row):
    """The picture fitted wrongly beforehand, and the way back for boxes."""
    (rows, columns), (height, width) = row.size, picture.shape[:2]
    if row.fit == "free":
        square = cv2.resize(picture, (max(width, height),) * 2)
        return square, np.array([width / square.shape[1], height / square.shape[0]] * 2)
    if row.fit != "stretch":
        return cv2.resize(picture, (columns, rows)), np.array([width / columns, height / rows] * 2)
    scale = max(width / columns, height / rows)
    padded = np.full((round(rows * scale), round(columns * scale), 3), 114, np.uint8)
    padded[:height, :width] = picture
    return padded, np.ones(4)


def darker_padding(picture: np.ndarray, row: Row):
    """The picture padded with black beforehand, and how far it was moved."""
    (rows, columns), (height, width) = row.size, picture.shape[:2]
    scale = max(width / columns, height / rows)
    right, bottom = round(columns * scale) - width, round(rows * scale) - height
    left, top = (right // 2, bottom // 2) if row.fit == "center" else (0, 0)
    padded = cv2.copyMakeBorder(picture, top, bottom - top, left, right - left, cv2.BORDER_CONSTANT)
    return padded, np.array([left, top] * 2)


def wrong_results(row: Row, detect, pictures) -> dict[str, list[Found]]:
    """What each usual mistake of preprocessing finds, and each of the row's own."""
    results = {name: mistaken(pictures) for name, mistaken in row.mistakes.items()}
    if row.tells_colors:
        results["colors swapped"] = detect([np.ascontiguousarray(p[..., ::-1]) for p in pictures])
    if row.tells_fit:
        fitted = [misfit(picture, row) for picture in pictures]
        found = detect([picture for picture, _ in fitted])
        results["wrong fit"] = [
            Found(f.boxes * back, f.scores, f.classes) for f, (_, back) in zip(found, fitted, strict=True)
        ]
    if row.tells_fit and row.fit in ("center", "corner"):
        fitted = [darker_padding(picture, row) for picture in pictures]
        found = detect([picture for picture, _ in fitted])
        results["padding black"] = [
            Found(f.boxes - moved, f.scores, f.classes) for f, (_, moved) in zip(found, fitted, strict=True)
        ]
    return results


def is_outside(found: Found, picture: np.ndarray) -> np.ndarray:
    """Boxes that have no two pixels in the picture."""
    height, width = picture.shape[:2]
    sides = np.minimum(found.boxes[:, 2:], [width, height]) - np.maximum(found.boxes[:, :2], 0)
    return (sides < 2).any(1)


def confidence_in_gap(found: list[Found], pictures, floor: float, least: int, most: int) -> float | None:
    """
    A confidence in the widest gap between scores that leaves a useful number of boxes in every picture, and none in
    the padding.
    """
    outside = [f.scores[is_outside(f, picture)] for f, picture in zip(found, pictures, strict=True)]
    floor = max([floor, *np.concatenate(outside)])
    scores = np.sort(np.concatenate([f.scores for f in found] + [[floor]]))
    scores = scores[scores >= floor]
    best, widest = None, 0.004
    for low, high in pairwise(scores):
        middle = (low + high) / 2
        counts = [int((f.scores > middle).sum()) for f in found]
        if middle < 0.8 and min(counts) >= least and max(counts) <= most and high - low > widest:
            best, widest = round(float(middle), 4), high - low
    return best


def problem(row: Row, detect, pictures, expected: list[Found]) -> str | None:
    """Why this expectation is no good test, or None."""
    for found, picture in zip(expected, pictures, strict=True):
        if is_outside(found, picture).any():
            return "a box outside the picture"
        if len(found.scores) and np.ptp(found.scores) < 0.1:
            return "all scores alike"
        overlaps = iou(found.boxes, found.boxes)[np.triu_indices(len(found.scores), 1)]
        if len(overlaps) and np.median(overlaps) > 0.5:
            return "all boxes alike"
    if len(row.classes) > 1 and len(np.unique(np.concatenate([f.classes for f in expected]))) < 2:
        return "only one class"
    for seed in range(3):
        with noise(row.level, seed):
            share = agreement(expected, detect(pictures))
        if share < SHARE:
            return f"noise leaves only {share:.3f}"
    for name, found in wrong_results(row, detect, pictures).items():
        if agreement(expected, found) >= (0.9 if name in ("colors swapped", "wrong fit") else SHARE):
            return f"{name} changes too little"
    return None
