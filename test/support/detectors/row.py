"""One row of the table of exports: how its file is made, and what the family's own code finds with it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

NAMES = ["player", "goalkeeper", "referee", "ball"]


@dataclass(frozen=True)
class Found:
    """Boxes of one picture, in its pixels."""

    boxes: np.ndarray
    scores: np.ndarray
    classes: np.ndarray

    @staticmethod
    def of(boxes, scores, classes) -> "Found":
        numbers = [np.asarray(values, dtype=np.float64) for values in (boxes, scores, classes)]
        order = np.argsort(-numbers[1], kind="stable")
        return Found(numbers[0].reshape(-1, 4)[order], numbers[1][order], numbers[2].astype(int)[order])

    def above(self, confidence: float) -> "Found":
        kept = self.scores > confidence
        return Found(self.boxes[kept], self.scores[kept], self.classes[kept])


@dataclass(frozen=True)
class Row:
    name: str
    family: str
    how: str
    packages: tuple[str, ...]
    """Writes the ONNX file with weights of this seed, given the pictures (blue, green, red)."""
    build: Callable[[Path, list[np.ndarray], int], None]
    """The family's Python code: file, pictures, least confidence, IoU of the suppression."""
    detect: Callable[[Path, list[np.ndarray], float, float], list[Found]]
    """How the family fits a picture: center, corner (letterbox), stretch, or free (the picture's own shape)."""
    fit: str
    """Height and width of the network's input, or of the size asked for where the file leaves it free."""
    size: tuple[int, int]
    """What one of 256 levels is in the network's input."""
    level: float
    classes: list[str] = field(default_factory=lambda: NAMES)
    """Set where the file leaves the size free."""
    input_size: int | None = None
    """IoU of the family's suppression, None where it is inside the file or there is none."""
    nms_iou: float | None = None
    nms_agnostic: bool = False
    """Detectors that make a mistake of this name, which must show."""
    mistakes: dict[str, Callable] = field(default_factory=dict)
    """Part of the small set."""
    small: bool = False
    """Least confidence to look at; files with a confidence inside have theirs."""
    floor: float = 0.25
    """False where the channels are used alike, or the picture is not resized, so that there is nothing to tell."""
    tells_colors: bool = True
    tells_fit: bool = True
