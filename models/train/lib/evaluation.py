"""Average precision, recall and precision of a detector, by source."""

from .decode import people
from .preprocess import letterbox
from .score import Score

# Detections of lower score are of no use to any threshold.
LEAST = 0.05


class Row:
    """The figures of one group of pictures."""

    def __init__(self):
        self.pictures = 0
        self.loose, self.tight = Score(0.5), Score(0.75)

    def add(self, boxes, scores, picture):
        self.pictures += 1
        for score in (self.loose, self.tight):
            score.add(boxes, scores, picture.boxes, picture.ignore)

    def figures(self, threshold):
        recall, precision = self.loose.at(threshold)
        return {
            'pictures': self.pictures,
            'boxes': self.loose.boxes,
            'ap50': round(self.loose.average_precision(), 4),
            'ap75': round(self.tight.average_precision(), 4),
            'threshold': threshold,
            'recall': round(recall, 4),
            'precision': round(precision, 4),
        }


def evaluate(run, pictures, input_size, by='source'):
    """{group: Row}, and a row for all where there are several groups.

    run: planes [3, H, W] -> scores [A] of people, bins [4 * BINS, A]. by: field of the image records that makes the
    groups.
    """
    rows = {}
    for picture in pictures:
        pixels = picture.read().pixels
        planes, scaled = letterbox(pixels, input_size)
        scores, bins = run(planes)
        found = people(scores, bins, planes.shape[1:], scaled, (pixels.shape[1], pixels.shape[0]), LEAST)
        for group in (str(picture.record.get(by, 'pictures')), 'all'):
            rows.setdefault(group, Row()).add(*found, picture)
    total = rows.pop('all')
    return rows | ({'all': total} if len(rows) > 1 else {})
