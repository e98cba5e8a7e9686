"""From one frame's tracked boxes to the JPEG files of the dataset."""

import math
import random
from pathlib import Path

import cv2
import numpy as np

from pitch import Pitch

BACKGROUND = (104, 116, 124)  # BGR
JPEG = [cv2.IMWRITE_JPEG_QUALITY, 95, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
MIN_HEIGHT = 24

TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])
FROM_YIQ = np.linalg.inv(TO_YIQ)


def write_players(frame: np.ndarray, index: int, players, subset: str | None, pitch: Pitch, variants: int, root: Path):
    """Cuts, clears, varies, encodes and writes. Returns how many crops were cut and images written."""
    crops = images = 0
    for d, (box, track) in enumerate(players):
        x1, y1 = np.floor(box[:2]).astype(int)
        x2, y2 = np.ceil(box[2:]).astype(int)
        if y2 - y1 < MIN_HEIGHT or x2 - x1 < 5:
            continue
        crops += 1
        if subset is None:
            continue
        crop = frame[y1:y2, x1:x2].copy()
        mask = pitch.player(crop)
        crop[mask == 0] = BACKGROUND
        folder = root / "datasets" / subset / f"track_{track}"
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{folder}/crop_frame_{index}_det_{d}"
        cv2.imwrite(f"{name}.jpg", crop, JPEG)
        images += 1
        for k in range(1, variants + 1 if subset == "train" else 1):
            cv2.imwrite(f"{name}_aug{k}.jpg", variant(crop, mask, random.Random(f"{track}/{index}/{d}/{k}")), JPEG)
            images += 1
    return crops, images


def variant(crop: np.ndarray, mask: np.ndarray, rng: random.Random) -> np.ndarray:
    """Color jitter, flip with rotation and shift, blur, random erasing: as strong as cropstream's."""
    height, width = crop.shape[:2]
    image = np.where(mask[:, :, None] > 0, jitter(crop, mask, rng), crop)
    flip = -1 if rng.random() < 0.5 else 1
    angle = math.radians(rng.uniform(-10, 10))
    a, b = flip * math.cos(angle), math.sin(angle)
    c, d = -flip * b, math.cos(angle)
    x, y = (width - 1) / 2, (height - 1) / 2
    dx, dy = rng.uniform(-0.1, 0.1) * width, rng.uniform(-0.1, 0.1) * height
    matrix = np.array([[a, b, x - a * x - b * y + dx], [c, d, y - c * x - d * y + dy]])
    image = cv2.warpAffine(image, matrix, (width, height), borderValue=BACKGROUND)
    if rng.random() < 0.3:
        image = cv2.GaussianBlur(image, (0, 0), rng.uniform(0.3, 1))
    if rng.random() < 0.5:
        erase(image, rng)
    return image


def jitter(crop: np.ndarray, mask: np.ndarray, rng: random.Random) -> np.ndarray:
    """Brightness, contrast, saturation and hue as one affine map of the color."""
    brightness, contrast, saturation = (rng.uniform(0.8, 1.2) for _ in range(3))
    turn = 2 * math.pi * rng.uniform(-0.1, 0.1)
    cos, sin = saturation * math.cos(turn), saturation * math.sin(turn)
    rgb = brightness * contrast * FROM_YIQ @ np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]]) @ TO_YIQ
    luma = np.dot(cv2.mean(crop, mask)[:3], (0.114, 0.587, 0.299))
    pivot = np.full((3, 1), brightness * luma * (1 - contrast))
    return cv2.transform(crop, np.hstack([rgb[::-1, ::-1], pivot]))


def erase(image: np.ndarray, rng: random.Random) -> None:
    height, width = image.shape[:2]
    area = rng.uniform(0.02, 0.2) * width * height
    aspect = math.exp(rng.uniform(math.log(0.3), math.log(3.3)))
    w = min(width, max(1, round(math.sqrt(area / aspect))))
    h = min(height, max(1, round(math.sqrt(area * aspect))))
    left, top = rng.randint(0, width - w), rng.randint(0, height - h)
    image[top : top + h, left : left + w] = [rng.randrange(256) for _ in range(3)]
