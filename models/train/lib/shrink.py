"""Pictures of bounded size."""

import cv2


def shrink(pixels, long_side):
    """The picture with a long side of at most `long_side`, and its scale."""
    height, width = pixels.shape[:2]
    scale = min(1.0, long_side / max(height, width))
    if scale < 1:
        size = max(1, round(width * scale)), max(1, round(height * scale))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return pixels, scale
