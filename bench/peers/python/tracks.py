"""Tracks the detections of one video with each tracker of `trackers` and of `boxmot`: `tracks.py INPUT.json`.

INPUT has the path of the video, frames per second, the two thresholds of cropstream, seconds of patience, and by frame
its index, its boxes and their confidences. Prints, by tracker, seconds of CPU time and by frame its boxes and their
ids; or, by tracker, why there is no result.
"""

import json
import sys
import time
import types
from collections.abc import Callable
from unittest.mock import MagicMock

import av
import numpy as np

# One frame: boxes, confidences, picture in BGR -> boxes, ids.
Update = Callable[[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def main() -> None:
    # What the packages print to standard output is not the result.
    out, sys.stdout = sys.stdout, sys.stderr
    with open(sys.argv[1]) as file:
        given = json.load(file)
    frames = {frame["index"]: frame for frame in given["frames"]}
    runs = [Run(name, make) for name, make in [*of_trackers(given), *of_boxmot(given)]]
    for index, picture in decode(given["video"]):
        if index not in frames:
            continue
        boxes = np.array(frames[index]["boxes"], float).reshape(-1, 4)
        confidences = np.array(frames[index]["confidences"], float)
        for run in runs:
            run.add(boxes, confidences, picture)
    json.dump({run.name: run.result for run in runs}, out)


def decode(path: str):
    with av.open(path) as container:
        for index, frame in enumerate(container.decode(video=0)):
            yield index, frame.to_ndarray(format="bgr24")


class Run:
    """One tracker, which goes on after a failure of another."""

    def __init__(self, name: str, make: Callable[[], Update]) -> None:
        self.name = name
        self.result: dict = {"seconds": 0.0, "frames": []}
        self._update: Update | None = None
        self._attempt(lambda: setattr(self, "_update", make()))

    def add(self, boxes: np.ndarray, confidences: np.ndarray, picture: np.ndarray) -> None:
        self._attempt(lambda: self._add(boxes, confidences, picture))

    def _add(self, boxes: np.ndarray, confidences: np.ndarray, picture: np.ndarray) -> None:
        start = time.process_time()
        found, ids = self._update(boxes, confidences, picture)
        self.result["seconds"] += time.process_time() - start
        found = np.asarray(found, float).reshape(-1, 4).tolist()
        self.result["frames"].append({"boxes": found, "ids": [int(i) for i in ids]})

    def _attempt(self, step: Callable[[], None]) -> None:
        if "error" in self.result:
            return
        try:
            step()
        except Exception as error:  # noqa: BLE001: the other trackers have results
            self.result = {"error": f"{type(error).__name__}: {error}"}


def of_trackers(given: dict) -> list[tuple[str, Callable[[], Update]]]:
    common = {
        "lost_track_buffer": round(30 * given["lostSeconds"]),  # at 30 frames a second
        "frame_rate": given["fps"],
        "high_conf_det_threshold": given["high"],
        "minimum_consecutive_frames": 2,
    }
    begins = {"track_activation_threshold": given["begin"]}

    def make(name: str, **options) -> Callable[[], Update]:
        def made() -> Update:
            import supervision as sv
            import trackers

            tracker = getattr(trackers, name)(**common, **options)

            def update(boxes, confidences, picture):
                found = sv.Detections(boxes, confidence=confidences, class_id=np.zeros(len(boxes), int))
                tracked = tracker.update(found, frame=picture)
                tracked = tracked[tracked.tracker_id >= 0]
                return tracked.xyxy, tracked.tracker_id

            return update

        return made

    return [
        ("ByteTrack (trackers)", make("ByteTrackTracker", **begins)),
        ("OC-SORT (trackers)", make("OCSORTTracker")),
        ("BoT-SORT (trackers)", make("BoTSORTTracker", **begins)),
    ]


def of_boxmot(given: dict) -> list[tuple[str, Callable[[], Update]]]:
    patience = round(given["lostSeconds"] * given["fps"])

    def make(name: str, **options) -> Callable[[], Update]:
        def made() -> Update:
            without_torch()
            from boxmot import create_tracker
            from boxmot.trackers.specs import TrackerSpec

            tracker = create_tracker(TrackerSpec(name, options=tuple(sorted(options.items()))))

            def update(boxes, confidences, picture):
                rows = np.column_stack([boxes, confidences, np.zeros(len(boxes))])
                tracked = np.asarray(tracker.update(rows, picture)).reshape(-1, 8)
                return tracked[:, :4], tracked[:, 4]

            return update

        return made

    high, begin = given["high"], given["begin"]
    return [
        ("ByteTrack (boxmot)", make("bytetrack", track_thresh=high, track_buffer=patience, frame_rate=30)),
        ("OC-SORT (boxmot)", make("ocsort", det_thresh=high, max_age=patience, min_hits=2, use_byte=True)),
        (
            "BoT-SORT (boxmot)",
            make(
                "botsort",
                track_high_thresh=high,
                new_track_thresh=begin,
                use_embeddings=False,
                track_buffer=patience,
                frame_rate=30,
            ),
        ),
        (
            "BoostTrack (boxmot)",
            make("boosttrack", det_thresh=high, max_age=patience, min_hits=2, use_embeddings=False),
        ),
    ]


def without_torch() -> None:
    """boxmot imports torch, of 2 GB, also for trackers by motion alone, which call nothing of it."""
    if "torch" in sys.modules:
        return
    stand_in = types.ModuleType("torch")
    stand_in.Tensor = type("Tensor", (), {})
    stand_in.device = str
    stand_in.__getattr__ = lambda _: MagicMock()
    sys.modules["torch"] = stand_in


if __name__ == "__main__":
    main()
