"""
YOLOv5 as its own repository exports it: [1, N, 5 + classes] with objectness, anchors decoded. The repository is not on
PyPI: the head and the decoding follow its published formulas, the rest is from ultralytics and torchvision.
"""

from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn
from torchvision.ops import nms
from ultralytics.data.augment import LetterBox
from ultralytics.utils.ops import xywh2xyxy

from row import NAMES, Found, Row
from small_net import Backbone, export, settle
from ultralytics_weights import network_inputs
from weights import spread

HOW = (
    "ultralytics LetterBox, ONNX Runtime, non_max_suppression and scale_boxes of yolov5 7.0 (own code by its formulas)"
)
STRIDES = (8, 16, 32)
ANCHORS = [[(10, 13), (16, 30), (33, 23)], [(30, 20), (22, 45), (40, 44)], [(50, 45), (60, 80), (90, 60)]]


class Yolov5(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = Backbone(3)
        self.outputs = 5 + len(NAMES)
        self.heads = nn.ModuleList(nn.Conv2d(16, 3 * self.outputs, 1) for _ in STRIDES)

    def forward(self, images):
        levels = []
        for feature, head, stride, anchors in zip(self.backbone(images), self.heads, STRIDES, ANCHORS, strict=True):
            batch, _, rows, columns = feature.shape
            values = head(feature).view(batch, 3, self.outputs, rows, columns).permute(0, 1, 3, 4, 2).sigmoid()
            y, x = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
            cells = torch.stack([x, y], -1)[None, None]
            centers = (values[..., :2] * 2 - 0.5 + cells) * stride
            sizes = (values[..., 2:4] * 2) ** 2 * torch.tensor(anchors).view(1, 3, 1, 1, 2)
            levels.append(torch.cat([centers, sizes, values[..., 4:]], -1).view(batch, -1, self.outputs))
        return torch.cat(levels, 1)


def build(size):
    def write(file: Path, pictures, seed: int) -> None:
        torch.manual_seed(seed)
        inputs = network_inputs(pictures, *size)
        model = Yolov5()
        settle(model, inputs)
        plain = torch.full_like(inputs[:1], 114 / 255)
        per_anchor = torch.tensor([0.0, 0.0, 0.0, 0.0, -3.2] + [0.3] * len(NAMES))
        std = torch.tensor([0.4, 0.4, 0.35, 0.35, 1.6] + [1.6] * len(NAMES))
        spread(model, list(model.heads), inputs, std.repeat(3), per_anchor.repeat(3), plain)
        export(model, inputs[:1], file, ["images"], ["output0"], opset=12)
        loaded = onnx.load(str(file))
        for key, value in {"stride": 32, "names": dict(enumerate(NAMES))}.items():
            loaded.metadata_props.add(key=key, value=str(value))
        onnx.save(loaded, str(file))

    return write


def suppress(output: torch.Tensor, confidence: float, iou: float) -> torch.Tensor:
    """Candidates by objectness, then by objectness times class; suppression within a class."""
    output = output[output[:, 4] > confidence]
    boxes = xywh2xyxy(output[:, :4])
    scores, classes = (output[:, 5:] * output[:, 4:5]).max(1)
    found = torch.cat([boxes, scores[:, None], classes[:, None].float()], 1)[scores > confidence]
    return found[nms(found[:, :4] + found[:, 5:] * 7680, found[:, 4], iou)[:1000]]


def to_picture(boxes: torch.Tensor, size, shape) -> torch.Tensor:
    """One gain for both sides, padding not rounded."""
    gain = min(size[0] / shape[0], size[1] / shape[1])
    pad = torch.tensor([(size[1] - shape[1] * gain) / 2, (size[0] - shape[0] * gain) / 2] * 2)
    boxes = (boxes - pad) / gain
    limits = torch.tensor([shape[1], shape[0]] * 2)
    return boxes.clamp(min=0).minimum(limits)


def detector(size):
    fit = LetterBox(size)

    def detect(file: Path, pictures, confidence: float, iou: float) -> list[Found]:
        session = onnxruntime.InferenceSession(str(file))
        found = []
        for picture in pictures:
            image = fit(image=picture)[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255
            output = torch.from_numpy(session.run(None, {"images": image})[0])
            result = suppress(output[0], confidence, iou)
            boxes = to_picture(result[:, :4], size, picture.shape[:2])
            found.append(Found.of(boxes, result[:, 4], result[:, 5]))
        return found

    return detect


def row(name: str, size, small=False) -> Row:
    return Row(
        name=name,
        family="yolo",
        how=HOW,
        packages=("ultralytics", "torch", "torchvision", "onnxruntime", "opencv-python"),
        build=build(size),
        detect=detector(size),
        fit="center",
        size=size,
        level=1 / 255,
        nms_iou=0.45,
        small=small,
    )


def rows():
    yield row("yolov5", (160, 160), small=True)
    yield row("yolov5-wide", (192, 256))
