"""
NanoDet-Plus and NanoDet as their repository exports them: one output, [1, N, classes + 4 * bins]. The repository is not
on PyPI: the head, the preprocessing and the decoding follow its published formulas.
"""

from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import torch
from torch import nn
from torchvision.ops import batched_nms

from row import NAMES, Found, Row
from small_net import Backbone, export, settle
from weights import spread

HOW = (
    "cv2.warpPerspective of nanodet ({fit}), ONNX Runtime, decoding of {head} with multiclass_nms (own code by the "
    "formulas of github.com/RangiLyu/nanodet 1.0)"
)
MEAN, STD = np.array([103.53, 116.28, 123.675]), np.array([57.375, 57.12, 58.395])
BINS = 8


class Nanodet(nn.Module):
    def __init__(self, levels: int):
        super().__init__()
        self.backbone = Backbone(levels)
        self.heads = nn.ModuleList(nn.Conv2d(16, len(NAMES) + 4 * BINS, 1) for _ in range(levels))

    def forward(self, data):
        levels = []
        for feature, head in zip(self.backbone(data), self.heads, strict=True):
            scores, bins = head(feature).split([len(NAMES), 4 * BINS], dim=1)
            levels.append(torch.cat([scores.sigmoid(), bins], dim=1).flatten(2))
        return torch.cat(levels, dim=2).permute(0, 2, 1)


def matrix(shape, size, keep_ratio: bool) -> np.ndarray:
    """From pixels of the picture to those of the input."""
    (height, width), (rows, columns) = shape, size
    if not keep_ratio:
        return np.diag([columns / width, rows / height, 1])
    scale = min(columns / width, rows / height)
    return np.array([[scale, 0, (columns - width * scale) / 2], [0, scale, (rows - height * scale) / 2], [0, 0, 1]])


def preprocess(picture: np.ndarray, size, keep_ratio: bool):
    warp = matrix(picture.shape[:2], size, keep_ratio)
    image = cv2.warpPerspective(picture, warp, dsize=(size[1], size[0]))
    normal = (image.astype(np.float32) - MEAN) / STD
    return normal.transpose(2, 0, 1)[None].astype(np.float32), warp


def decode(output: torch.Tensor, size, levels: int, center: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Boxes in pixels of the input, clipped to it, and scores."""
    scores, bins = output.split([len(NAMES), 4 * BINS], dim=1)
    distances = bins.view(-1, 4, BINS).softmax(2) @ torch.arange(BINS).float()
    centers, strides = [], []
    for stride in [8 * 2**level for level in range(levels)]:
        rows, columns = -(-size[0] // stride), -(-size[1] // stride)
        y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
        centers.append((torch.stack([x, y], -1).view(-1, 2) + center) * stride)
        strides.append(torch.full((rows * columns, 1), stride))
    centers, distances = torch.cat(centers), distances * torch.cat(strides)
    boxes = torch.cat([centers - distances[:, :2], centers + distances[:, 2:]], 1)
    return boxes.clamp(min=0).minimum(torch.tensor([size[1], size[0]] * 2)), scores


def build(size, levels: int, keep_ratio: bool):
    def write(file: Path, pictures, seed: int) -> None:
        torch.manual_seed(seed)
        inputs = torch.from_numpy(np.concatenate([preprocess(p, size, keep_ratio)[0] for p in pictures]))
        model = Nanodet(levels)
        settle(model, inputs)
        hill = -((torch.arange(BINS) - 2.0) ** 2) / 3
        black = torch.from_numpy(preprocess(np.zeros((*size, 3), np.uint8), size, keep_ratio)[0])
        std = torch.tensor([1.5] * len(NAMES) + [1.2] * 4 * BINS)
        mean = torch.cat([torch.full((len(NAMES),), -2.6), hill.repeat(4)])
        spread(model, list(model.heads), inputs, std, mean, black if keep_ratio else None)
        export(model, inputs[:1], file, ["data"], ["output"], opset=11)

    return write


def detector(size, levels: int, center: float, keep_ratio: bool):
    def detect(file: Path, pictures, confidence: float, iou: float) -> list[Found]:
        session = onnxruntime.InferenceSession(str(file))
        found = []
        for picture in pictures:
            image, warp = preprocess(picture, size, keep_ratio)
            output = torch.from_numpy(session.run(None, {"data": image})[0])
            boxes, scores = decode(output[0], size, levels, center)
            places, classes = torch.nonzero(scores > confidence, as_tuple=True)
            kept = batched_nms(boxes[places], scores[places, classes], classes, iou)[:100]
            places, classes = places[kept], classes[kept]
            back = np.linalg.inv(warp)
            scale, offset = np.array([back[0, 0], back[1, 1]] * 2), np.array([back[0, 2], back[1, 2]] * 2)
            limits = np.array([picture.shape[1], picture.shape[0]] * 2)
            in_picture = np.clip(boxes[places].numpy() * scale + offset, 0, limits)
            found.append(Found.of(in_picture, scores[places, classes], classes))
        return found

    return detect


def row(name: str, size=(160, 160), levels=4, center=0.0, keep_ratio=False, small=False) -> Row:
    fit = "letterbox in the center" if keep_ratio else "stretch"
    return Row(
        name=name,
        family="nanodet",
        how=HOW.format(fit=fit, head="NanoDetPlusHead" if center == 0 else "GFLHead"),
        packages=("torch", "torchvision", "onnxruntime", "opencv-python"),
        build=build(size, levels, keep_ratio),
        detect=detector(size, levels, center, keep_ratio),
        fit="center" if keep_ratio else "stretch",
        size=size,
        level=1 / 57.5,
        nms_iou=0.6,
        small=small,
    )


def rows():
    yield row("nanodet-plus", small=True)
    yield row("nanodet-plus-wide", size=(192, 256))
    yield row("nanodet-m", levels=3, center=0.5, keep_ratio=True)
