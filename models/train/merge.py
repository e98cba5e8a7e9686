"""Averages the weights of trained models, and goes a part of the way from the base to the average.

  python models/train/merge.py first.onnx second.onnx --base models/nanodet.onnx --share 0.85 --out my-players.onnx

The average of several trainings, or of several moments of one, is usually better than each. A share below 1 keeps more
of what the base knew.
"""

import argparse
from pathlib import Path

import torch

from lib import models_json
from lib.network import Network, write


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('models', nargs='+', type=Path, help='trained ONNX files')
    parser.add_argument('--base', required=True, type=Path, help='ONNX file that they were trained from')
    parser.add_argument('--share', type=float, default=1.0, help='of the way from the base')
    parser.add_argument('--out', required=True, type=Path, help='ONNX file to write; models.json beside it is updated')
    return parser.parse_args()


def main():
    options = arguments()
    base = Network(options.base)
    trained = [dict(Network(path).named_parameters()) for path in options.models]
    merged = {}
    for name, start in base.named_parameters():
        mean = torch.stack([parameters[name] for parameters in trained]).mean(0)
        merged[name] = torch.lerp(start, mean, options.share)
    write(options.base, merged, base.initializers, options.out)
    done = f'merged of {len(trained)} files, {options.share:g} of the way from the base'
    models_json.add(options.out, options.base, 'fp32', done, models_json.PEOPLE_ONLY)


if __name__ == '__main__':
    main()
