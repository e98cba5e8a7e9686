"""
Makes the test files of the detector families: small ONNX models with random weights, and the boxes that the family's
own Python code finds with them.

    pip install -r requirements.txt
    python make.py [--small] [--only NAME] OUT

`--small ../../fixtures/detectors` makes what is committed there. Weights are random: seeds are tried until the
boxes are a good test (see verify.py); those that were found are kept in seeds.json and tried first.
"""

import argparse
import json
import os
import time
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

os.environ |= {"YOLO_AUTOINSTALL": "false", "YOLO_OFFLINE": "true", "YOLO_VERBOSE": "false", "OMP_NUM_THREADS": "1"}

import torch  # noqa: E402

from families import all_rows  # noqa: E402
from hostile_models import write_hostile  # noqa: E402
from onnx_file import plain_file  # noqa: E402
from pictures import write_pictures  # noqa: E402
from row import Found, Row  # noqa: E402
from verify import confidence_in_gap, problem  # noqa: E402

SEEDS = 40
KNOWN_SEEDS = Path(__file__).with_name("seeds.json")


def made(row: Row, out: Path, pictures: dict, known_seed: int) -> dict:
    """Writes the model and gives its expectation, with the first seed that makes a good test."""
    file = out / f"{row.name}.onnx"
    reasons = []
    for seed in [known_seed, *range(SEEDS)]:
        row.build(file, list(pictures.values()), seed)
        plain_file(file, row.small)
        confidence, expected, reason = attempt(row, file, list(pictures.values()))
        if reason is None:
            return expectation(row, seed, confidence, dict(zip(pictures, expected, strict=True)))
        reasons.append(reason)
    raise SystemExit(f"{row.name}: no seed makes a good test: {reasons}")


def attempt(row: Row, file: Path, images: list) -> tuple[float, list[Found], str | None]:
    """A confidence, what is found with it, and why it is no good test."""
    least, most = 12, 60
    candidates = row.detect(file, images, row.floor, row.nms_iou)
    confidence = confidence_in_gap(candidates, images, row.floor, least, most)
    if confidence is None:
        return 0, [], "no confidence with a useful number of boxes"

    def detect(pictures):
        return row.detect(file, pictures, confidence, row.nms_iou)

    expected = detect(images)
    mistakes = {
        name: lambda pictures, mistaken=mistaken: mistaken(file, pictures, confidence, row.nms_iou)
        for name, mistaken in row.mistakes.items()
    }
    return confidence, expected, problem(replace(row, mistakes=mistakes), detect, images, expected)


def expectation(row: Row, seed: int, confidence: float, expected: dict[str, Found]) -> dict:
    return {
        "name": row.name,
        "family": row.family,
        "made_with": {package: version(package) for package in row.packages},
        "how": row.how,
        "seed": seed,
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
    parser.add_argument("--keep-seeds", action="store_true", help="write the seeds that were found to seeds.json")
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.out.mkdir(parents=True, exist_ok=True)
    pictures = write_pictures(args.out)
    write_hostile(args.out / "hostile")
    seeds = json.loads(KNOWN_SEEDS.read_text()) if KNOWN_SEEDS.exists() else {}
    for row in all_rows():
        if (args.small and not row.small) or (args.only and args.only not in row.name):
            continue
        start = time.time()
        result = made(row, args.out, pictures, seeds.get(row.name, 0))
        text = json.dumps(result, separators=(",", ":")).replace('{"file"', '\n{"file"')
        (args.out / f"{row.name}.json").write_text(text + "\n")
        seeds[row.name] = result["seed"]
        counts = [len(p["scores"]) for p in result["pictures"]]
        size = (args.out / f"{row.name}.onnx").stat().st_size // 1024
        print(f"{row.name}: {counts} boxes, {size} KB, {time.time() - start:.1f} s", flush=True)
    if args.keep_seeds:
        KNOWN_SEEDS.write_text(json.dumps(seeds, indent=2) + "\n")


if __name__ == "__main__":
    main()
