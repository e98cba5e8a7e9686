"""The pitch as a range of HSV, a test of what stands on it, and masks of players."""

import cv2
import numpy as np

OPEN = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))
CLOSE = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))


class Pitch:
    def __init__(self, samples: list[np.ndarray]):
        """Learns from a few BGR frames: the most common hue of the lower 60%, and its saturation and value."""
        lower = [sample[int(0.4 * len(sample)) :] for sample in samples]
        pixels = np.concatenate([cv2.cvtColor(part, cv2.COLOR_BGR2HSV).reshape(-1, 3) for part in lower])
        vivid = pixels[(pixels[:, 1] > 40) & (pixels[:, 2] > 40)]
        hue = int(np.bincount(vivid[:, 0], minlength=180).argmax())
        surface = vivid[np.abs(vivid[:, 0].astype(int) - hue) <= 12]
        low, high = np.percentile(surface[:, 1:], [1, 99], axis=0)
        self.low = np.array([hue - 9, max(30, low[0] - 10), max(25, low[1] - 15)])
        self.high = np.array([hue + 9, min(255, high[0] + 20), min(255, high[1] + 15)])

    def grass(self, image: np.ndarray) -> np.ndarray:
        """255 where a pixel of the BGR image is grass, else 0."""
        return cv2.inRange(cv2.cvtColor(image, cv2.COLOR_BGR2HSV), self.low, self.high)

    def stands_on(self, frame: np.ndarray, box: np.ndarray) -> bool:
        """Whether at least 30% of what is beside and below the feet is grass."""
        x1, y1, x2, y2 = box
        tall = y2 - y1
        left, top = max(0, int(x1 - 0.12 * tall)), max(0, int(y2 - 0.06 * tall))
        around = self.grass(frame[top : int(np.ceil(y2 + 0.18 * tall)), left : int(np.ceil(x2 + 0.12 * tall))])
        inside = around[: int(np.ceil(y2)) - top, int(x1) - left : int(np.ceil(x2)) - left]
        outside = around.size - inside.size
        return outside > 0 and cv2.countNonZero(around) - np.count_nonzero(inside) >= 0.3 * outside

    def player(self, crop: np.ndarray) -> np.ndarray:
        """255 where the player of a BGR crop is, else 0: the largest region that is not grass, holes filled."""
        mask = cv2.bitwise_not(self.grass(crop))
        mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, OPEN)
        mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, CLOSE)
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        player = np.zeros_like(mask)
        if contours:
            cv2.drawContours(player, [max(contours, key=cv2.contourArea)], -1, 255, cv2.FILLED)
        return player
