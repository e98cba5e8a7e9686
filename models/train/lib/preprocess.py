"""Pictures as the network sees them, by the same rules as src/vision/detectors/preprocess.ts."""

import cv2
import numpy as np

# Blue, green, red, as in models.json.
MEAN = np.array([103.53, 116.28, 123.675], np.float32)
STD = np.array([57.375, 57.12, 58.395], np.float32)

# Both sides of the input are multiples of the largest stride.
MULTIPLE = 32


def letterbox(picture, input_size):
    """BGR picture -> planes [3, H, W] and the size (width, height) of the scaled picture at their top left.

    The padding is zero, the mean color. Sampling is bilinear; pictures of more than twice the size are halved first.
    """
    height, width = picture.shape[:2]
    scale = input_size / max(width, height)
    scaled = (max(1, round(width * scale)), max(1, round(height * scale)))
    while max(picture.shape[1] / scaled[0], picture.shape[0] / scaled[1]) > 2:
        picture = halve(picture)
    values = cv2.resize(picture.astype(np.float32), scaled, interpolation=cv2.INTER_LINEAR)
    planes = np.zeros((3, pad(scaled[1]), pad(scaled[0])), np.float32)
    planes[:, : scaled[1], : scaled[0]] = ((values - MEAN) / STD).transpose(2, 0, 1)
    return planes, scaled


def pad(side):
    return -(-side // MULTIPLE) * MULTIPLE


def halve(picture):
    """Each pixel is the mean of four; if a side is odd, its last row or column counts twice."""
    height, width = picture.shape[:2]
    even = cv2.copyMakeBorder(picture, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    size = (even.shape[1] // 2, even.shape[0] // 2)
    return cv2.resize(even, size, interpolation=cv2.INTER_AREA)
