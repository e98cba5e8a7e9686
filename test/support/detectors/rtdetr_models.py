"""
RT-DETR: the export of Ultralytics (today's and that of before 8.4), and the deploy export of the original repository
and of D-FINE (images and orig_target_sizes to labels, boxes and scores).
"""

import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
import yaml
from PIL import Image
from torch import nn
from torchvision.transforms import v2 as T
from ultralytics import RTDETR
from ultralytics.nn.modules.head import RTDETRDecoder
from ultralytics.utils.ops import xywh2xyxy

from row import NAMES, Found, Row
from small_net import export
from transformers_models import dfine, network, pil, rtdetr_v2
from ultralytics_weights import network_inputs
from weights import settle_norms, smooth, spread

PACKAGES = ("ultralytics", "torch", "torchvision", "onnxruntime", "opencv-python")

# The layers of rtdetr-l.yaml, narrow and without repeats.
BACKBONE = [
    [-1, 1, "HGStem", [8, 8]],
    [-1, 1, "HGBlock", [8, 16, 3]],
    [-1, 1, "DWConv", [16, 3, 2, 1, False]],
    [-1, 1, "HGBlock", [8, 16, 3]],
    [-1, 1, "DWConv", [16, 3, 2, 1, False]],
    [-1, 1, "HGBlock", [8, 16, 3, True, False]],
    [-1, 1, "DWConv", [16, 3, 2, 1, False]],
    [-1, 1, "HGBlock", [8, 16, 3, True, False]],
]
HEAD = [
    [-1, 1, "Conv", [16, 1, 1, None, 1, 1, False]],
    [-1, 1, "AIFI", [32, 2]],
    [3, 1, "Conv", [16, 1, 1]],
    [5, 1, "Conv", [16, 1, 1]],
    [[10, 11, 9], 1, "RTDETRDecoder", ["nc", 16, 100, 2, 2, 2, 32]],
]


def ultralytics_model(folder: Path, inputs: torch.Tensor, seed: int) -> RTDETR:
    torch.manual_seed(seed)
    path = folder / "rtdetr-l.yaml"
    path.write_text(yaml.safe_dump({"nc": len(NAMES), "backbone": BACKBONE, "head": HEAD}))
    model = RTDETR(str(path))
    net = model.model.eval()
    net.names = dict(enumerate(NAMES))
    for parameter in net.parameters():
        parameter.requires_grad = False
    for module in net.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
        if hasattr(module, "sampling_offsets"):
            module.sampling_offsets.weight.data *= 0.1
            module.attention_weights.weight.data *= 0.1
    smooth(net)
    settle_norms(net, inputs)
    head = net.model[-1]
    spread(net, [head.enc_score_head], inputs, 1.0, -1.0)
    spread(net, [head.enc_bbox_head.layers[-1]], inputs, 0.2, torch.tensor([0.0, 0.0, 0.7, 0.8]))
    for layer in head.dec_bbox_head:
        spread(net, [layer.layers[-1]], inputs, 0.2, torch.tensor([0.0, 0.0, 0.2, 0.2]))
    spread(net, [head.dec_score_head[-1]], inputs, 1.5, -2.5)
    return model


def build_ultralytics(size, old=False):
    def write(file: Path, pictures, seed: int) -> None:
        inputs = network_inputs(pictures, *size, stretch=True)
        today = RTDETRDecoder.postprocess
        try:
            if old:
                RTDETRDecoder.postprocess = lambda self, boxes, scores: torch.cat([boxes, scores], -1)
            with tempfile.TemporaryDirectory() as folder:
                model = ultralytics_model(Path(folder), inputs, seed)
                model.model.pt_path = str(Path(folder) / "model.pt")
                shutil.move(model.export(format="onnx", imgsz=list(size), verbose=False), file)
        finally:
            RTDETRDecoder.postprocess = today
        if old:
            without_head(file)

    return write


def without_head(file: Path) -> None:
    """The metadata of the versions before 8.4."""
    model = onnx.load(str(file))
    kept = {entry.key: entry.value for entry in model.metadata_props if entry.key not in ("head", "end2end")}
    onnx.helper.set_model_props(model, kept | {"version": "8.3.100"})
    onnx.save(model, str(file))


@lru_cache(maxsize=2)
def loaded(file: str, changed: int) -> RTDETR:
    return RTDETR(file)


def detect_ultralytics(size):
    def detect(file: Path, pictures, confidence: float, _iou) -> list[Found]:
        model = loaded(str(file), file.stat().st_mtime_ns)
        options = {"conf": confidence, "imgsz": list(size), "verbose": False, "device": "cpu"}
        results = [model.predict(picture, **options)[0].boxes for picture in pictures]
        return [Found.of(boxes.xyxy.numpy(), boxes.conf.numpy(), boxes.cls.numpy()) for boxes in results]

    return detect


def detect_old(size):
    """The predictor of before 8.4: the best class of each query."""

    def detect(file: Path, pictures, confidence: float, _iou) -> list[Found]:
        session = onnxruntime.InferenceSession(str(file))
        found = []
        for picture in pictures:
            image = network_inputs([picture], *size, stretch=True).numpy()
            output = torch.from_numpy(session.run(None, {"images": image})[0][0])
            scores, classes = output[:, 4:].max(1)
            height, width = picture.shape[:2]
            boxes = xywh2xyxy(output[:, :4]) * torch.tensor([width, height] * 2)
            found.append(Found.of(boxes, scores, classes).above(confidence))
        return found

    return detect


class Deploy(nn.Module):
    """The deploy mode of the original repositories: model and postprocessor in one file."""

    def __init__(self, model, top: int):
        super().__init__()
        self.model = model
        self.top = top

    def forward(self, images, orig_target_sizes):
        found = self.model(pixel_values=images)
        logits, boxes = found.logits, found.pred_boxes
        center, half = boxes[..., :2], boxes[..., 2:] / 2
        boxes = torch.cat([center - half, center + half], -1) * orig_target_sizes.repeat(1, 2).unsqueeze(1)
        scores, index = torch.topk(logits.sigmoid().flatten(1), self.top, dim=-1)
        labels = index % len(NAMES)
        queries = (index // len(NAMES)).unsqueeze(-1).repeat(1, 1, 4)
        return labels, boxes.gather(1, queries), scores


class Raw(nn.Module):
    """The same model without its postprocessor."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, images):
        found = self.model(pixel_values=images)
        return found.logits, found.pred_boxes


def deploy_input(picture: np.ndarray, size) -> torch.Tensor:
    """Resize of PIL images, as in the repositories' scripts for ONNX Runtime."""
    resized = T.functional.resize(pil(picture), list(size))
    assert isinstance(resized, Image.Image)
    return T.functional.to_dtype(T.functional.pil_to_tensor(resized), torch.float32, scale=True)[None]


def build_deploy(make, size, with_sizes: bool):
    def write(file: Path, pictures, seed: int) -> None:
        inputs = torch.cat([deploy_input(picture, size) for picture in pictures])
        model = network(make, 100, inputs, seed)
        if with_sizes:
            dynamic = {"images": {0: "N"}, "orig_target_sizes": {0: "N"}}
            names = ["labels", "boxes", "scores"]
            sizes = torch.tensor([[size[1], size[0]]])
            export(Deploy(model, 100), (inputs[:1], sizes), file, list(dynamic), names, dynamic)
        else:
            export(Raw(model), inputs[:1], file, ["images"], ["pred_logits", "pred_boxes"], {"images": {0: "N"}})

    return write


def detect_deploy(size, with_sizes: bool):
    def detect(file: Path, pictures, confidence: float, _iou) -> list[Found]:
        session = onnxruntime.InferenceSession(str(file))
        found = []
        for picture in pictures:
            feeds = {"images": deploy_input(picture, size).numpy()}
            sizes = np.array([[picture.shape[1], picture.shape[0]]], dtype=np.int64)
            if with_sizes:
                labels, boxes, scores = session.run(None, feeds | {"orig_target_sizes": sizes})
                found.append(Found.of(boxes[0], scores[0], labels[0]).above(confidence))
                continue
            logits, boxes = (torch.from_numpy(output[0]) for output in session.run(None, feeds))
            scores, index = torch.topk(logits.sigmoid().flatten(), 100)
            chosen = xywh2xyxy(boxes)[index // len(NAMES)] * torch.from_numpy(np.tile(sizes, 2))
            found.append(Found.of(chosen, scores, index % len(NAMES)).above(confidence))
        return found

    return detect


def row(name: str, how: str, size, build, detect, packages=PACKAGES, small=False) -> Row:
    return Row(
        name=name,
        family="detr",
        how=how,
        packages=packages,
        build=build,
        detect=detect,
        fit="stretch",
        size=size,
        level=1 / 255,
        small=small,
    )


def rows():
    size = (160, 160)
    today = "ultralytics RTDETR(file).predict: LetterBox(scale_fill), ONNX Runtime, the file's own top-k"
    old = "ultralytics LetterBox(scale_fill), ONNX Runtime, best class of each query as RTDETRPredictor before 8.4"
    yield row("rtdetr-ultralytics", today, size, build_ultralytics(size), detect_ultralytics(size), small=True)
    yield row("rtdetr-ultralytics-old", old, size, build_ultralytics(size, old=True), detect_old(size))
    packages = ("transformers", "torch", "torchvision", "onnxruntime", "pillow")
    deploy = "torchvision Resize of the PIL picture and to float, ONNX Runtime with the picture's width and height"
    raw = "torchvision Resize of the PIL picture and to float, ONNX Runtime, top-k of RTDETRPostProcessor"
    size = (128, 128)
    for name, make in (("rtdetr-v2", rtdetr_v2), ("dfine", dfine)):
        for with_sizes, suffix, how in ((True, "deploy", deploy), (False, "raw", raw)):
            build, detect = build_deploy(make, size, with_sizes), detect_deploy(size, with_sizes)
            yield row(f"{name}-{suffix}", how, size, build, detect, packages)
