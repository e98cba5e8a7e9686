"""The pipeline of cropstream in Python, as an engineer might write it: `pipeline.py VIDEO --out FOLDER`."""

import argparse
import json
import os
import resource
import time

START = time.perf_counter()

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import supervision as sv
from trackers import ByteTrackTracker

from detector import NanoDet
from images import BACKGROUND, write_players
from pitch import Pitch
from video import Video

MODELS = Path(__file__).parents[3] / "models"
CONFIDENCE = 0.4
FAINT = 0.4 * CONFIDENCE


def main() -> None:
    args = parse()
    if args.cv_threads > 0:
        cv2.setNumThreads(args.cv_threads)
    video = Video(args.video)
    every = max(1, round(video.fps / args.fps))
    detector = NanoDet(args.model, FAINT, 0.5, args.input_size, args.ort_threads)
    pitch = Pitch(video.samples(5))
    tracker = ByteTrackTracker(
        lost_track_buffer=120,  # at 30 frames a second: 4 seconds
        frame_rate=args.fps,
        track_activation_threshold=0.5,
        high_conf_det_threshold=CONFIDENCE,
        minimum_consecutive_frames=2,
    )
    root = Path(args.out)
    side = split(video.frame_count / video.fps, every / video.fps)
    entries: list[dict] = []
    counts = np.zeros(2, int)

    def detect(frame: np.ndarray):
        boxes, scores = detector(frame)
        on_pitch = np.array([pitch.stands_on(frame, box) for box in boxes], bool)
        return boxes, scores, on_pitch

    with ThreadPoolExecutor(args.detectors) as detectors, ThreadPoolExecutor(args.writers) as writers:
        detecting: deque[tuple[int, np.ndarray, Future]] = deque()
        writing: deque[Future] = deque()

        def finish_oldest() -> None:
            nonlocal counts
            index, frame, future = detecting.popleft()
            boxes, scores, on_pitch = future.result()
            players, entry = track(tracker, index, boxes, scores, on_pitch)
            entries.append(entry)
            subset = side(index / video.fps)
            writing.append(writers.submit(write_players, frame, index, players, subset, pitch, args.augment, root))
            while len(writing) > args.writers + 1:
                counts += writing.popleft().result()

        for index, frame in video.frames(every, ahead=2):
            detecting.append((index, frame, detectors.submit(detect, frame)))
            if len(detecting) > args.detectors:
                finish_oldest()
        while detecting:
            finish_oldest()
        for written in writing:
            counts += written.result()

    root.mkdir(parents=True, exist_ok=True)
    (root / "detections.json").write_text(json.dumps(entries))
    # The replacement color, as in the manifest of cropstream: the score of the masks reads it.
    (root / "manifest.json").write_text(json.dumps({"options": {"replacementColor": BACKGROUND[::-1]}}))
    report(len(entries), *counts.tolist())


def track(tracker: ByteTrackTracker, index: int, boxes: np.ndarray, scores: np.ndarray, on_pitch: np.ndarray):
    """Tracked players, as (box, track), and the entry of the frame in detections.json."""
    found = sv.Detections(boxes[on_pitch], confidence=scores[on_pitch], class_id=np.zeros(on_pitch.sum(), int))
    tracked = tracker.update(found)
    tracked = tracked[tracked.tracker_id >= 0]
    entry = {
        "frame_index": index,
        "boxes": tracked.xyxy.tolist(),
        "confidence": tracked.confidence.round(3).tolist() if len(tracked) else [],
        "class_id": [0] * len(tracked),
        "tracker_id": tracked.tracker_id.tolist(),
        "num_detections": len(tracked),
        "raw": {"boxes": boxes.tolist(), "confidence": scores.round(3).tolist()},
    }
    return list(zip(tracked.xyxy, tracked.tracker_id)), entry


def split(seconds: float, interval: float):
    """The subset at a time: train, a gap, val, a gap, about every 20 seconds; None in a gap."""
    period = seconds / max(1, round(seconds / 20))
    gap = max(min(1, period / 20), interval)
    train, kept = 0.8 * (period - 2 * gap), period - 2 * gap

    def side(at: float) -> str | None:
        at %= period
        if at < train:
            return "train"
        return "val" if train + gap <= at < gap + kept else None

    return side


def report(frames: int, crops: int, images: int) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    wall = time.perf_counter() - START
    print(
        json.dumps(
            {
                "frames": frames,
                "crops": crops,
                "images": images,
                "wall_seconds": wall,
                "cpu_seconds": used.ru_utime + used.ru_stime,
                "peak_bytes": used.ru_maxrss * 1024,
                "frames_per_second": frames / wall,
            }
        )
    )


def parse() -> argparse.Namespace:
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video")
    parser.add_argument("--out", required=True)
    parser.add_argument("--fps", type=float, default=5)
    parser.add_argument("--augment", type=int, default=3)
    parser.add_argument("--model", type=Path, default=MODELS / "nanodet.onnx", help="a file of models/models.json")
    parser.add_argument("--input-size", type=int, default=1280, help="long side of the network's input")
    parser.add_argument("--ort-threads", type=int, default=0, help="of one inference; 0: ONNX Runtime's default")
    parser.add_argument("--detectors", type=int, default=1, help="inferences at a time")
    parser.add_argument("--writers", type=int, default=cores, help="threads that cut, vary and write crops")
    parser.add_argument("--cv-threads", type=int, default=0, help="of OpenCV; 0: its default")
    return parser.parse_args()


if __name__ == "__main__":
    main()
