"""Exports with the suppression inside: as TensorFlow's detection API and as TensorRT's EfficientNMS."""

import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import nn
from torchvision.ops import batched_nms
from ultralytics.data.augment import LetterBox
from ultralytics.utils.ops import scale_boxes, xywh2xyxy

from row import NAMES, Found, Row
from small_net import Backbone, export, settle
from ultralytics_weights import cut, network_inputs, set_weights
from weights import spread

SIDE = 160
LIMIT = 100


class TensorflowLike(nn.Module):
    """Takes bytes of any size, height by width by color; gives fractions, ymin, xmin, ymax, xmax, and floats."""

    def __init__(self):
        super().__init__()
        self.backbone = Backbone(2)
        self.heads = nn.ModuleList(nn.Conv2d(16, 4 + len(NAMES), 1) for _ in range(2))

    def raw(self, images):
        levels = []
        for feature, head in zip(self.backbone(images), self.heads, strict=True):
            rows, columns = feature.shape[2:]
            y, x = torch.meshgrid(torch.arange(rows) + 0.5, torch.arange(columns) + 0.5, indexing="ij")
            values = head(feature).flatten(2)[0].T
            centers = torch.stack([y.flatten() / rows, x.flatten() / columns], -1) + values[:, :2] / rows
            half = values[:, 2:4].exp() / rows
            levels.append(torch.cat([centers - half, centers + half, values[:, 4:].sigmoid()], 1))
        return torch.cat(levels)

    def forward(self, input_tensor):
        images = input_tensor.permute(0, 3, 1, 2).float()
        images = nn.functional.interpolate(images, size=(SIDE, SIDE), mode="bilinear") / 127.5 - 1
        values = self.raw(images)
        boxes = values[:, :4].clamp(0, 1)
        scores, classes = values[:, 4:].max(1)
        kept = batched_nms(boxes, scores, classes, 0.6)[:LIMIT]
        missing = LIMIT - kept.shape[0]
        boxes = nn.functional.pad(boxes[kept], (0, 0, 0, missing))[None]
        scores = nn.functional.pad(scores[kept], (0, missing))[None]
        # Labels of the detection API begin with 1.
        classes = nn.functional.pad(classes[kept].float() + 1, (0, missing), value=1.0)[None]
        return boxes, classes, scores, torch.full((1,), float(LIMIT)) + 0 * scores[:, 0]


def build_tensorflow(file: Path, pictures, seed: int) -> None:
    torch.manual_seed(seed)
    model = TensorflowLike()
    rgb = [torch.from_numpy(np.ascontiguousarray(p[..., ::-1])) for p in pictures]
    inputs = torch.cat(
        [nn.functional.interpolate(p.permute(2, 0, 1)[None].float(), (SIDE, SIDE), mode="bilinear") for p in rgb]
    )
    plain = nn.Sequential(model.backbone)
    settle(plain, inputs / 127.5 - 1)
    raw = Raw(model)
    std = torch.tensor([0.5, 0.5, 0.4, 0.4] + [1.4] * len(NAMES))
    mean = torch.tensor([0.0, 0.0, 0.5, 0.2] + [-2.6] * len(NAMES))
    spread(raw, list(model.heads), inputs / 127.5 - 1, std, mean)
    names = ["detection_boxes", "detection_classes", "detection_scores", "num_detections"]
    dynamic = {"input_tensor": {1: "height", 2: "width"}}
    export(model.requires_grad_(False), rgb[0][None], file, ["input_tensor"], names, dynamic)


class Raw(nn.Module):
    """All that the heads see, for several pictures."""

    def __init__(self, model: TensorflowLike):
        super().__init__()
        self.model = model

    def forward(self, images):
        return [head(feature) for feature, head in zip(self.model.backbone(images), self.model.heads, strict=True)]


def detect_tensorflow(file: Path, pictures, confidence: float, _iou) -> list[Found]:
    session = onnxruntime.InferenceSession(str(file))
    names = [output.name for output in session.get_outputs()]
    found = []
    for picture in pictures:
        rgb = np.ascontiguousarray(picture[..., ::-1])
        result = dict(zip(names, session.run(None, {"input_tensor": rgb[None]}), strict=True))
        height, width = picture.shape[:2]
        top, left, bottom, right = result["detection_boxes"][0].T
        boxes = np.stack([left * width, top * height, right * width, bottom * height], 1)
        all_found = Found.of(boxes, result["detection_scores"][0], result["detection_classes"][0])
        found.append(all_found.above(confidence))
    return found


class EfficientNms(nn.Module):
    """A YOLO with the outputs of TensorRT's EfficientNMS_TRT behind it, by the operator NonMaxSuppression of ONNX."""

    def __init__(self, yolo: nn.Module):
        super().__init__()
        self.yolo = yolo

    def forward(self, images):
        output = self.yolo(images)
        output = (output[0] if isinstance(output, tuple) else output)[0].T
        boxes = xywh2xyxy(output[:, :4])
        scores, classes = output[:, 4:].max(1)
        confident = scores > 0.25
        boxes, scores, classes = boxes[confident], scores[confident], classes[confident]
        kept = batched_nms(boxes, scores, classes, 0.5)[:LIMIT]
        count = kept.shape[0] * torch.ones((1, 1), dtype=torch.int32)
        missing = LIMIT - kept.shape[0]
        boxes = nn.functional.pad(boxes[kept], (0, 0, 0, missing))[None]
        scores = nn.functional.pad(scores[kept], (0, missing))[None]
        # As the plug-in does, unused rows keep what is not a class.
        classes = nn.functional.pad(classes[kept].int(), (0, missing), value=-1)[None]
        return count.int(), boxes, scores, classes


def build_efficient_nms(file: Path, pictures, seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        yolo = cut("yolov8.yaml", Path(folder), 8, NAMES)
    inputs = network_inputs(pictures, SIDE, SIDE)
    set_weights(yolo, inputs, seed)
    names = ["num_dets", "det_boxes", "det_scores", "det_classes"]
    export(EfficientNms(yolo.model.fuse()), inputs[:1], file, ["images"], names)


def detect_efficient_nms(file: Path, pictures, confidence: float, _iou) -> list[Found]:
    session = onnxruntime.InferenceSession(str(file))
    fit = LetterBox((SIDE, SIDE))
    found = []
    for picture in pictures:
        image = fit(image=picture)[..., ::-1].transpose(2, 0, 1)[None].astype(np.float32) / 255
        count, boxes, scores, classes = session.run(None, {"images": image})
        boxes, count = torch.from_numpy(boxes[0]), int(count[0, 0])
        boxes = scale_boxes((SIDE, SIDE), boxes[:count], picture.shape)
        found.append(Found.of(boxes, scores[0, :count], classes[0, :count]).above(confidence))
    return found


def rows():
    packages = ("torch", "torchvision", "onnxruntime")
    yield Row(
        name="tensorflow-like",
        family="generic",
        how="a file with the inputs and outputs of TensorFlow's detection API, resizing and suppression inside; the "
        "picture as RGB bytes, ONNX Runtime, boxes times height and width",
        packages=packages,
        build=build_tensorflow,
        detect=detect_tensorflow,
        fit="free",
        size=(SIDE, SIDE),
        level=1.0,
        classes=["__background__", *NAMES],
        small=True,
        tells_fit=False,
    )
    yield Row(
        name="efficient-nms",
        family="generic",
        how="a YOLOv8 with the outputs of EfficientNMS_TRT; ultralytics LetterBox, ONNX Runtime, scale_boxes",
        packages=(*packages, "ultralytics", "opencv-python"),
        build=build_efficient_nms,
        detect=detect_efficient_nms,
        fit="center",
        size=(SIDE, SIDE),
        level=1 / 255,
        floor=0.3,
    )
