"""Frames of a video by PyAV: FFmpeg's decoder and color conversion, as in OpenCV, on a thread of its own."""

from collections.abc import Iterator
from queue import Queue
from threading import Thread

import av
import numpy as np

class Video:
    def __init__(self, path: str):
        self.path = path
        with av.open(path) as container:
            stream = container.streams.video[0]
            self.fps = float(stream.average_rate)
            self.frame_count = stream.frames

    def samples(self, count: int) -> list[np.ndarray]:
        """BGR frames spread over the video, at a quarter of the size: the keyframes before the middles of equal parts."""
        found = []
        with av.open(self.path) as container:
            for i in range(count):
                container.seek(int((i + 0.5) * container.duration / count))
                frame = next(container.decode(video=0))
                found.append(frame.to_ndarray(width=frame.width // 4, height=frame.height // 4, format="bgr24"))
        return found

    def frames(self, every: int, ahead: int) -> Iterator[tuple[int, np.ndarray]]:
        """Every n-th frame, BGR, decoded on a separate thread, at most `ahead` frames ahead."""
        queue: Queue = Queue(ahead)

        def decode() -> None:
            try:
                with av.open(self.path) as container:
                    stream = container.streams.video[0]
                    stream.thread_type = "AUTO"
                    for index, frame in enumerate(container.decode(stream)):
                        if index % every == 0:  # only these are converted
                            queue.put((index, frame.to_ndarray(format="bgr24")))
                queue.put(None)
            except Exception as error:
                queue.put(error)

        Thread(target=decode, daemon=True).start()
        while (item := queue.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield item
