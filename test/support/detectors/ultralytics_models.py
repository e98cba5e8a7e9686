"""Ultralytics: YOLOv5u, v8, v9, 10, 11, 12 and 26, in the forms that its export offers."""

import shutil
import tempfile
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import onnx
from onnxruntime.transformers.float16 import convert_float_to_float16
from ultralytics import YOLO
from ultralytics.models.yolo.detect import DetectionPredictor
from ultralytics.models.yolo.segment import SegmentationPredictor

from row import NAMES, Found, Row
from ultralytics_weights import cut, network_inputs, set_weights

HOW = "ultralytics YOLO(file).predict: LetterBox, ONNX Runtime, non_max_suppression, scale_boxes"


def build(yaml: str, size, names=NAMES, weights=None, channels=16, changes=None, **export):
    """A function that writes the export of a yaml."""

    def write(file: Path, pictures, seed: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            model = cut(yaml, Path(folder), channels, names, **(changes or {}))
            set_weights(model, network_inputs(pictures, *size), seed, **(weights or {}))
            model.model.pt_path = str(Path(folder) / "model.pt")
            shutil.move(model.export(format="onnx", imgsz=list(size), verbose=False, **export), file)

    return write


@lru_cache(maxsize=2)
def loaded(file: str, changed: int, task: str) -> YOLO:
    return YOLO(file, task=task)


class BoxesOfSegments(SegmentationPredictor):
    """Keeps the boxes whose mask is empty, which the package drops: masks are not used here."""

    def construct_result(self, pred, img, orig_img, img_path, proto):
        return DetectionPredictor.construct_result(self, pred, img, orig_img, img_path)


def predictor(size, task="detect", together=False):
    """The predictions of the package, of all pictures in one call where the batch of the file is fixed."""

    def detect(file: Path, pictures, confidence: float, iou: float | None) -> list[Found]:
        model = loaded(str(file), file.stat().st_mtime_ns, task)
        batches = [pictures] if together else [[picture] for picture in pictures]
        results = []
        for batch in batches:
            options = {"conf": confidence, "imgsz": list(size), "batch": len(batch), "verbose": False, "device": "cpu"}
            options |= {} if iou is None else {"iou": iou}
            results += model.predict(batch, predictor=BoxesOfSegments if task == "segment" else None, **options)
        boxes = [result.obb if task == "obb" else result.boxes for result in results]
        return [Found.of(b.xyxy.numpy(), b.conf.numpy(), b.cls.numpy()) for b in boxes]

    return detect


def row(name: str, yaml: str, size=(160, 160), task="detect", small=False, nms_iou=0.5, **options) -> Row:
    fields = {
        key: options.pop(key) for key in ("how", "floor", "detect", "fit", "classes", "input_size") if key in options
    }
    return Row(
        **{
            "name": name,
            "family": "yolo",
            "how": HOW,
            "packages": ("ultralytics", "torch", "torchvision", "onnxruntime", "opencv-python"),
            "build": build(yaml, size, fields.get("classes", NAMES), **options),
            "detect": predictor(size, task),
            "fit": "center",
            "size": size,
            "level": 1 / 255,
            "nms_iou": nms_iou,
            "small": small,
            **fields,
        }
    )


def with_half_inputs(write):
    """Converts the file to 16 bits, its input and output too, as an export on a GPU has them."""

    def write_half(file: Path, pictures, seed: int) -> None:
        write(file, pictures, seed)
        onnx.save(convert_float_to_float16(onnx.load(str(file)), keep_io_types=False), str(file))

    return write_half


def half(name: str, **options) -> Row:
    made = row(name, "yolov8.yaml", **options)
    how = made.how + "; converted by onnxruntime.transformers.float16 with keep_io_types=False"
    return replace(made, build=with_half_inputs(made.build), how=how)


def rows():
    inside = {"nms_iou": None, "how": HOW + "; suppression is inside the file"}
    end_to_end = {"nms_iou": None, "how": HOW + "; the file is end-to-end"}
    baked = {"nms": True, "conf": 0.3, "iou": 0.5, "floor": 0.3, **inside}
    only_boxes = HOW + "; only the boxes of the result"
    hull = HOW + " (rotated: fast_nms of probiou); boxes are results.obb.xyxy, the hull of the rotated box, not clipped"
    narrow = {"channels": 8}
    yield row("yolov8", "yolov8.yaml", small=True, **narrow)
    yield row("yolo11", "yolo11.yaml", **narrow)
    yield row("yolov5u", "yolov5.yaml")
    yield row("yolov9t", "yolov9t.yaml")
    yield row("yolo12", "yolo12.yaml", changes={"scales": {"n": [0.33, 0.25, 256]}})
    yield row("yolov8-nms", "yolov8.yaml", small=True, **narrow, **baked)
    yield row("yolov8-nms-dynamic", "yolov8.yaml", dynamic=True, fit="free", input_size=160, **baked)
    yield row("yolov10", "yolov10n.yaml", nms=False, **end_to_end)
    yield row("yolo26", "yolo26.yaml", nms=False, small=True, **narrow, **end_to_end)
    yield row("yolo26-raw", "yolo26.yaml", **narrow)
    yield half("yolov8-half", small=True, **narrow)
    yield row("yolov8-dynamic", "yolov8.yaml", dynamic=True, fit="free", input_size=160, **narrow)
    yield row("yolo11-dynamic-256", "yolo11.yaml", (256, 256), dynamic=True, fit="free", input_size=256, **narrow)
    yield row("yolo11-wide", "yolo11.yaml", (160, 224), **narrow)
    yield row("yolo11-large", "yolo11.yaml", (320, 320), **narrow)
    yield row("yolov8-batch", "yolov8.yaml", batch=2, detect=predictor((160, 160), together=True), **narrow)
    yield row("yolov8-one-class", "yolov8.yaml", classes=["person"], weights={"score_mean": -1.2}, **narrow)
    yield row("yolov8-seg", "yolov8-seg.yaml", task="segment", how=only_boxes, **narrow)
    yield row("yolo11-pose", "yolo11-pose.yaml", task="pose", how=only_boxes, **narrow)
    yield row("yolo26-seg", "yolo26-seg.yaml", task="segment", nms=False, **narrow, **end_to_end)
    yield row("yolov8-obb", "yolov8-obb.yaml", task="obb", how=hull, **narrow)
    yield row("yolo26-obb", "yolo26-obb.yaml", task="obb", nms=False, **narrow, **end_to_end | {"how": hull})
