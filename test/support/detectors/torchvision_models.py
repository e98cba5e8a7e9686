"""SSD, Faster R-CNN and RetinaNet of torchvision with a small backbone: resizing, normalization and NMS are inside."""

from collections import OrderedDict
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from torch import nn
from torchvision.models.detection import FasterRCNN, RetinaNet
from torchvision.models.detection.anchor_utils import AnchorGenerator, DefaultBoxGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.ssd import SSD
from torchvision.ops import MultiScaleRoIAlign
from torchvision.transforms.v2 import functional as F

from row import NAMES, Found, Row
from small_net import Backbone, export, settle
from weights import spread

HOW = "{made}, exported with its transform and suppression inside; torchvision to_tensor{fit}, ONNX Runtime"
CLASSES = ["__background__", *NAMES]


class Levels(Backbone):
    def __init__(self, out_channels):
        super().__init__(3)
        self.out_channels = out_channels

    def forward(self, image):
        return OrderedDict((str(i), feature) for i, feature in enumerate(super().forward(image)))


def spread_convs(model, owner, names: dict, inputs) -> None:
    """Replaces last convolutions by ones of 1 by 1, with these deviations and means."""
    for name, (std, mean) in names.items():
        layer = getattr(owner, name)
        setattr(owner, name, nn.Conv2d(layer.in_channels, layer.out_channels, 1).requires_grad_(False))
        spread(model, [getattr(owner, name)], inputs, std, mean)


def ssd(inputs) -> nn.Module:
    anchors = DefaultBoxGenerator([[2], [2], [2]], scales=[0.12, 0.25, 0.4, 0.6])
    model = SSD(
        Levels([16] * 3), anchors, (160, 160), len(CLASSES), score_thresh=0.2, nms_thresh=0.45, detections_per_img=100
    )
    settle(model.eval(), inputs)
    count = anchors.num_anchors_per_location()[0]
    for head, outputs, std, mean in (
        (model.head.classification_head, len(CLASSES), 1.3, [1.8, 0, 0, 0, 0]),
        (model.head.regression_head, 4, 0.8, [0.0] * 4),
    ):
        for i in range(3):
            head.module_list[i] = nn.Conv2d(16, count * outputs, 1).requires_grad_(False)
        spread(model, list(head.module_list), inputs, std, torch.tensor(mean).repeat(count))
    return model


def retinanet(inputs) -> nn.Module:
    anchors = AnchorGenerator(((16, 22), (32, 44), (64, 88)), ((0.5, 1.0, 2.0),) * 3)
    sizes = {"min_size": 160, "max_size": 160}
    model = RetinaNet(
        Levels(16), len(CLASSES), anchor_generator=anchors, score_thresh=0.2, detections_per_img=100, **sizes
    )
    head = model.head
    for branch in (head.classification_head, head.regression_head):
        for layer in branch.conv.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight)
    settle(model.eval(), inputs)
    spread_convs(model, head.classification_head, {"cls_logits": (1.4, -4.2)}, inputs)
    spread_convs(model, head.regression_head, {"bbox_reg": (0.15, 0.0)}, inputs)
    return model


def faster_rcnn(inputs) -> nn.Module:
    anchors = AnchorGenerator(((20,), (40,), (70,)), ((0.7, 1.4),) * 3)
    sizes = {"min_size": 160, "max_size": 240}
    pool = MultiScaleRoIAlign(["0", "1", "2"], output_size=3, sampling_ratio=2)
    counts = {"rpn_pre_nms_top_n_test": 100, "rpn_post_nms_top_n_test": 60, "box_detections_per_img": 100}
    model = FasterRCNN(
        Levels(16),
        rpn_anchor_generator=anchors,
        box_roi_pool=pool,
        box_head=TwoMLPHead(16 * 9, 16),
        box_predictor=FastRCNNPredictor(16, len(CLASSES)),
        rpn_nms_thresh=0.6,
        box_score_thresh=0.2,
        box_nms_thresh=0.5,
        **counts,
        **sizes,
    )
    settle(model.eval(), inputs)
    for layer in model.rpn.head.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)
    spread(model, [model.rpn.head.cls_logits], inputs, 2.0, 0.0)
    spread(model, [model.rpn.head.bbox_pred], inputs, 0.15, 0.0)
    predictor = model.roi_heads.box_predictor
    spread(model, [predictor.cls_score], inputs, 1.3, torch.tensor([0.8, 0, 0, 0, 0]))
    spread(model, [predictor.bbox_pred], inputs, 0.5, 0.0)
    return model


class Batch(nn.Module):
    """A batch of one picture in place of a list."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, images):
        found = self.model([images[0]])[0]
        return tuple(found.values())


def to_tensor(picture: np.ndarray, size=None) -> torch.Tensor:
    image = torch.from_numpy(np.ascontiguousarray(picture[..., ::-1].transpose(2, 0, 1)))
    image = image if size is None else F.resize(image, list(size), antialias=True)
    return F.to_dtype(image, torch.float32, scale=True)


def build(make, outputs, size, batch: bool):
    def write(file: Path, pictures, seed: int) -> None:
        torch.manual_seed(seed)
        inputs = torch.stack([to_tensor(picture, size or (160, 160)) for picture in pictures])
        model = make(inputs)
        example = inputs[0] if size else to_tensor(pictures[0])
        dynamic = {name: {0: "detections"} for name in outputs or ()}
        if size is None:
            dynamic |= {"images": {2: "height", 3: "width"} if batch else {1: "height", 2: "width"}}
        if batch:
            export(Batch(model), example[None], file, ["images"], outputs, dynamic)
        else:
            export(model, ([example],), file, ["images"], outputs, dynamic)

    return write


def detector(order, size, batch: bool):
    def detect(file: Path, pictures, confidence: float, _iou) -> list[Found]:
        session = onnxruntime.InferenceSession(str(file))
        found = []
        for picture in pictures:
            image = to_tensor(picture, size).numpy()
            outputs = session.run(None, {"images": image[None] if batch else image})
            result = dict(zip(order, outputs, strict=True))
            height, width = picture.shape[:2]
            scale = np.array([width / size[1], height / size[0]] * 2) if size else 1
            found.append(Found.of(result["boxes"] * scale, result["scores"], result["labels"]).above(confidence))
        return found

    return detect


def row(name: str, make, made: str, order, names=True, size=None, batch=False, small=False) -> Row:
    return Row(
        name=name,
        family="generic",
        how=HOW.format(made=made, fit=", resize (stretch, antialias)" if size else ""),
        packages=("torch", "torchvision", "onnxruntime"),
        build=build(make, list(order) if names else None, size, batch),
        detect=detector(order, size, batch),
        fit="stretch" if size else "free",
        size=size or (160, 160),
        level=1 / 255,
        classes=CLASSES,
        small=small,
        tells_fit=size is not None,
    )


def rows():
    boxes_scores, boxes_labels = ("boxes", "scores", "labels"), ("boxes", "labels", "scores")
    yield row("torchvision-ssd", ssd, "torchvision SSD", boxes_scores, small=True)
    yield row("torchvision-retinanet", retinanet, "torchvision RetinaNet", boxes_scores, size=(160, 160), batch=True)
    yield row("torchvision-faster-rcnn", faster_rcnn, "torchvision FasterRCNN", boxes_labels)
    yield row("torchvision-unnamed", ssd, "torchvision SSD", boxes_scores, names=False, size=(160, 160), batch=True)
