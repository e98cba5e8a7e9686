"""Turns matches that `npm run sample` drew into labeled pictures.

  python models/train/label_drawn_match.py sample --out packs/drawn --every 5
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from lib import coco
from lib.shrink import shrink

# Players of whom less can be seen become ignore boxes.
LEAST_VISIBLE = 0.3


def frames(folder, every):
    """(number, pixels, players) of every N-th frame."""
    video = cv2.VideoCapture(str(folder / 'match.mp4'))
    with (folder / 'truth.jsonl').open() as lines:
        next(lines)  # the header
        for line in lines:
            ok, pixels = video.read()
            if not ok:
                raise SystemExit(f'{folder}: the video has fewer frames than the truth')
            truth = json.loads(line)
            if truth['frame'] % every == 0:
                yield truth['frame'], pixels, truth['players']


def boxes(players, size, scale):
    return np.array([p['box'] for p in players], np.float32).reshape(-1, 4).clip(0, np.tile(size, 2)) * scale


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('matches', nargs='+', type=Path, help='folders with match.mp4 and truth.jsonl')
    parser.add_argument('--out', required=True, type=Path, help='folder to write')
    parser.add_argument('--every', type=int, default=5, help='take every N-th frame')
    parser.add_argument('--long-side', type=int, default=1280, help='of the pictures, at most')
    return parser.parse_args()


def main():
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    pictures = []
    for number, folder in enumerate(options.matches):
        for frame, pixels, players in frames(folder, options.every):
            size = (pixels.shape[1], pixels.shape[0])
            small, scale = shrink(pixels, options.long_side)
            path = options.out / f'drawn{number}_{frame:05d}.webp'
            cv2.imwrite(str(path), small, [cv2.IMWRITE_WEBP_QUALITY, 80])
            clear = [p for p in players if p['visible'] >= LEAST_VISIBLE]
            hidden = [p for p in players if p['visible'] < LEAST_VISIBLE]
            record = {'source': 'drawn matches', 'scene': f'match {number}'}
            record |= {'width': small.shape[1], 'height': small.shape[0]}
            pictures.append(coco.Picture(path, record, boxes(clear, size, scale), boxes(hidden, size, scale)))
    coco.write(options.out, pictures)
    print(f'{options.out}: {len(pictures)} pictures, {sum(len(p.boxes) for p in pictures)} boxes')


if __name__ == '__main__':
    main()
