"""Two small pictures, drawn: not symmetric, and no color channel like another."""

import cv2
import numpy as np

SIZES = {"landscape.png": (320, 180), "portrait.png": (150, 200)}


def draw(width: int, height: int, seed: int) -> np.ndarray:
    """Blobs of many colors and sizes on a gradient, blue, green, red, uint8."""
    random = np.random.default_rng(seed)
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    picture = np.stack([60 + 60 * y, 90 + 50 * x * y + 30 * (1 - x), 70 + 90 * x], axis=-1)
    for _ in range(70):
        color = random.uniform(10, 245, 3)
        center = random.uniform(0, 1, 2) * (width, height)
        radius = random.uniform(4, 26, 2)
        angle = random.uniform(0, np.pi)
        dx, dy = x * (width - 1) - center[0], y * (height - 1) - center[1]
        along = (dx * np.cos(angle) + dy * np.sin(angle)) / radius[0]
        across = (dy * np.cos(angle) - dx * np.sin(angle)) / radius[1]
        distance = np.sqrt(along**2 + across**2)
        # The edge is two pixels wide, so that a difference of resampling stays small.
        cover = np.clip((1 - distance) * radius.min() / 2 + 0.5, 0, 1)[..., None]
        picture = picture * (1 - cover) + color * cover
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def write_pictures(folder) -> dict[str, np.ndarray]:
    pictures = {}
    for seed, (name, (width, height)) in enumerate(SIZES.items()):
        pictures[name] = draw(width, height, seed + 1)
        cv2.imwrite(str(folder / name), pictures[name], [cv2.IMWRITE_PNG_COMPRESSION, 9])
    return pictures
