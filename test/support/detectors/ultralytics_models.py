"""Ultralytics: YOLOv5u, v8, v9, 10, 11, 12 and 26, in the forms that its export offers."""

import shutil
import tempfile
from functools import lru_cache
from pathlib import Path

from row import NAMES, Found, Row
from ultralytics import YOLO
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


def predictor(size, task="detect"):
    """The predictions of the package, of all pictures in one call where the batch of the file is fixed."""

    def detect(file: Path, pictures, confidence: float, iou: float | None, together=False) -> list[Found]:
        model = loaded(str(file), file.stat().st_mtime_ns, task)
        batches = [pictures] if together else [[picture] for picture in pictures]
        results = []
        for batch in batches:
            options = {"conf": confidence, "imgsz": list(size), "batch": len(batch), "verbose": False, "device": "cpu"}
            results += model.predict(batch, **options, **({} if iou is None else {"iou": iou}))
        boxes = [result.obb if task == "obb" else result.boxes for result in results]
        return [Found.of(b.xyxy.numpy(), b.conf.numpy(), b.cls.numpy()) for b in boxes]

    return detect


def row(name: str, yaml: str, size=(160, 160), task="detect", small=False, nms_iou=0.5, **options) -> Row:
    fields = {key: options.pop(key) for key in ("how", "floor", "detect", "fit", "classes", "input_size") if key in options}
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


def rows(_out: Path):
    inside = {"nms_iou": None, "how": HOW + "; suppression is inside the file"}
    yield row("yolov8", "yolov8.yaml", small=True, channels=8)
    yield row("yolo11", "yolo11.yaml", channels=8)
    yield row("yolov5u", "yolov5.yaml")
    yield row("yolov9t", "yolov9t.yaml")
    yield row("yolo12", "yolo12.yaml", changes={"scales": {"n": [0.33, 0.25, 256]}})
    yield row("yolov8-nms", "yolov8.yaml", nms=True, conf=0.3, iou=0.5, floor=0.3, small=True, channels=8, **inside)
    yield row("yolov10", "yolov10n.yaml", **inside)
    yield row("yolo26", "yolo26.yaml", nms=False, small=True, channels=8, **inside)
