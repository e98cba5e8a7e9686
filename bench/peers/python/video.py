"""Frames of a video by PyAV: FFmpeg's decoder, as in OpenCV, but with a choice of the color conversion."""

from collections.abc import Iterator
from queue import Queue
from threading import Thread

import av
import numpy as np

# OpenCV converts as `fast`, with the nearest chroma sample, cropstream as `accurate`. With `fast`, one box in six
# differs from those of cropstream by more than a pixel.
SCALERS = {"fast": "bicubic", "accurate": "bicubic+accurate_rnd+full_chroma_int"}


class Video:
    def __init__(self, path: str, chroma: str):
        self.path, self.flags = path, SCALERS[chroma]
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
                    graph = to_bgr(stream, self.flags)
                    for index, frame in enumerate(container.decode(stream)):
                        if index % every == 0:  # only these are converted
                            graph.push(frame)
                            queue.put((index, graph.pull().to_ndarray()))
                queue.put(None)
            except Exception as error:
                queue.put(error)

        Thread(target=decode, daemon=True).start()
        while (item := queue.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield item


def to_bgr(stream: av.VideoStream, flags: str) -> av.filter.Graph:
    graph = av.filter.Graph()
    source, sink = graph.add_buffer(template=stream), graph.add("buffersink")
    graph.link_nodes(source, graph.add("scale", f"flags={flags}"), graph.add("format", "bgr24"), sink).configure()
    return graph
