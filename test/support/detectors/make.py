"""
Makes the test files of the detector families: small ONNX models with random weights, and the boxes that the family's
own Python code finds with them.

    python make.py [--small] [--only NAME] OUT
"""

import argparse
import json
import os
import time
from importlib.metadata import version
from pathlib import Path

os.environ |= {"YOLO_AUTOINSTALL": "false", "YOLO_OFFLINE": "true", "YOLO_VERBOSE": "false", "OMP_NUM_THREADS": "1"}

import torch  # noqa: E402

from families import all_rows  # noqa: E402
from onnx_file import plain_file  # noqa: E402
from pictures import write_pictures  # noqa: E402
from row import Found, Row  # noqa: E402
from verify import confidence_in_gap, problem  # noqa: E402

SEEDS = 30


def made(row: Row, out: Path, pictures: dict) -> dict:
    """Writes the model and gives its expectation, with the first seed that makes a good test."""
    file = out / f"{row.name}.onnx"
    images = list(pictures.values())
    reasons = []
    for seed in range(SEEDS):
        row.build(file, images, seed)
        plain_file(file)

        def detect(pictures, confidence=row.floor):
            return row.detect(file, pictures, confidence, row.nms_iou)

        confidence = confidence_in_gap(detect(images), images, row.floor, 12, 60)
        if confidence is None:
            reasons.append("no confidence with a useful number of boxes")
            continue
        expected = detect(images, confidence)
        reason = problem(row, lambda pictures: detect(pictures, confidence), images, expected)
        if reason is None:
            return expectation(row, confidence, dict(zip(pictures, expected, strict=True)))
        reasons.append(reason)
    raise SystemExit(f"{row.name}: no seed makes a good test: {reasons}")


def expectation(row: Row, confidence: float, expected: dict[str, Found]) -> dict:
    return {
        "name": row.name,
        "family": row.family,
        "made_with": {package: version(package) for package in row.packages},
        "how": row.how,
        "confidence": confidence,
        "nms_iou": row.nms_iou,
        "nms_agnostic": row.nms_agnostic,
        "input_size": row.input_size,
        "classes": row.classes,
        "pictures": [
            {
                "file": name,
                "boxes": [[round(side, 2) for side in box] for box in found.boxes.tolist()],
                "scores": [round(score, 4) for score in found.scores.tolist()],
                "classes": found.classes.tolist(),
            }
            for name, found in expected.items()
        ],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="only the models that are small enough to be committed")
    parser.add_argument("--only", help="only models whose name contains this")
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    pictures = write_pictures(args.out)
    for row in all_rows(args.out):
        if (args.small and not row.small) or (args.only and args.only not in row.name):
            continue
        start = time.time()
        result = made(row, args.out, pictures)
        text = json.dumps(result, separators=(",", ":")).replace('{"file"', '\n{"file"')
        (args.out / f"{row.name}.json").write_text(text + "\n")
        counts = [len(p["scores"]) for p in result["pictures"]]
        size = (args.out / f"{row.name}.onnx").stat().st_size // 1024
        print(f"{row.name}: {counts} boxes, {size} KB, {time.time() - start:.1f} s", flush=True)


if __name__ == "__main__":
    main()
