"""NanoDet in ONNX Runtime: the model, input and thresholds that cropstream uses."""

import json
import threading
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort

STRIDES = (8, 16, 32)
BINS = 11
PERSON = 0
MAX_CANDIDATES = 1000


class NanoDet:
    """Finds people. May be called from several threads at once; they share one session."""

    def __init__(self, model: Path, confidence: float, nms_iou: float, input_size: int, threads: int):
        """`threads`: of one inference; 0: the default of ONNX Runtime."""
        described = next(m for m in json.loads((model.parent / "models.json").read_text()) if m["file"] == model.name)
        self.mean = np.array(described["input"]["mean"], np.float32)
        self.scale = 1 / np.array(described["input"]["std"], np.float32)
        self.confidence, self.nms_iou, self.input_size = confidence, nms_iou, input_size
        options = ort.SessionOptions()
        if threads > 0:
            options.intra_op_num_threads = threads
            # A thread that spins between two operators takes a core from decoding and from the crops.
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self.local = threading.local()

    def __call__(self, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Boxes, n x 4 xyxy in pixels of the BGR frame, and their scores; most confident first."""
        height, width = frame.shape[:2]
        planes, size = self.planes(frame)
        scores, bins = self.session.run(["scores", "bins"], {"image": planes})
        found = np.flatnonzero(scores[0, PERSON] >= self.confidence)
        scores = scores[0, PERSON, found]
        order = np.argsort(-scores, kind="stable")[:MAX_CANDIDATES]
        found, scores = found[order], scores[order]
        centers, strides = self.anchors(planes.shape[3], planes.shape[2])
        distances = expectation(bins[0][:, found].reshape(4, BINS, -1)) * strides[found]
        x, y = centers[:, found]
        boxes = np.stack([x - distances[0], y - distances[1], x + distances[2], y + distances[3]], axis=1)
        boxes *= np.tile([width / size[0], height / size[1]], 2)
        boxes = boxes.clip(0, [width, height, width, height]).round(1)
        xywh = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
        seen = (xywh[:, 2:] > 0).all(axis=1)
        boxes, xywh, scores = boxes[seen], xywh[seen], scores[seen]
        kept = np.asarray(cv2.dnn.NMSBoxes(xywh, scores, self.confidence, self.nms_iou), int).ravel()
        return boxes[kept], scores[kept]

    def planes(self, frame: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
        """The network's input, 1 x 3 x H x W, padded with zeros to multiples of 32; and the size of the frame in it."""
        height, width = frame.shape[:2]
        scale = self.input_size / max(width, height)
        size = round(width * scale), round(height * scale)
        if not hasattr(self.local, "planes"):
            self.local.planes = np.zeros((1, 3, -(-size[1] // 32) * 32, -(-size[0] // 32) * 32), np.float32)
        planes = self.local.planes
        small = cv2.resize(frame, size, interpolation=cv2.INTER_LINEAR)
        for channel in range(3):
            plane = planes[0, channel, : size[1], : size[0]]
            np.subtract(small[:, :, channel], self.mean[channel], out=plane)
            plane *= self.scale[channel]
        return planes, size

    def anchors(self, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
        """Centers, 2 x anchors, and strides of the head's cells, row by row, stride by stride."""
        if not hasattr(self.local, "anchors"):
            grids = [np.mgrid[: height // s, : width // s][::-1].reshape(2, -1) for s in STRIDES]
            centers = np.concatenate([(grid + 0.5) * s for grid, s in zip(grids, STRIDES)], axis=1)
            strides = np.concatenate([np.full(grid.shape[1], s) for grid, s in zip(grids, STRIDES)])
            self.local.anchors = centers, strides
        return self.local.anchors


def expectation(logits: np.ndarray) -> np.ndarray:
    """Of the softmax over the middle axis: 4 x bins x n becomes 4 x n."""
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.einsum("sbn,b->sn", weights, np.arange(BINS)) / weights.sum(axis=1)
