"""Draws places without people, as labeled pictures for training: lamps, reflections, ice, gyms, boards.

  python models/train/draw_empty_places.py --out packs/empty --count 500
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from lib import coco
from lib.places import place

SIZE = (720, 1280)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', required=True, type=Path, help='folder to write')
    parser.add_argument('--count', type=int, default=500, help='number of pictures')
    parser.add_argument('--seed', type=int, default=3)
    return parser.parse_args()


def main():
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(options.seed)
    pictures = []
    for number in range(options.count):
        path = options.out / f'empty_{number:05d}.webp'
        cv2.imwrite(str(path), place(rng, *SIZE), [cv2.IMWRITE_WEBP_QUALITY, 80])
        record = {'source': 'empty places', 'width': SIZE[1], 'height': SIZE[0]}
        pictures.append(coco.Picture(path, record, coco.corners([]), coco.corners([])))
    coco.write(options.out, pictures)
    print(f'{options.out}: {len(pictures)} pictures')


if __name__ == '__main__':
    main()
