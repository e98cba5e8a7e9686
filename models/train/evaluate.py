"""Prints AP50, AP75, recall and precision of one or several models on labeled pictures, by source, as a table.

  python models/train/evaluate.py models/nanodet.onnx my-players.onnx --data packs/held-out
"""

import argparse
import json
from pathlib import Path

import onnxruntime

from lib import coco
from lib.decode import PERSON
from lib.evaluation import evaluate


def runner(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options, providers=['CPUExecutionProvider'])

    def run(planes):
        scores, bins = session.run(['scores', 'bins'], {'image': planes[None]})
        return scores[0, PERSON], bins[0]

    return run


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('models', nargs='+', type=Path, help='ONNX files')
    parser.add_argument('--data', required=True, help='COCO file, or a folder with a coco.json')
    parser.add_argument('--images', help='folder of the pictures (default: that of the COCO file)')
    parser.add_argument('--classes', help='categories that are people, comma separated (default: all)')
    parser.add_argument('--by', default='source', help='field of the image records that makes the rows')
    parser.add_argument('--input-size', type=int, nargs='+', default=[1280], help='long side of the input')
    parser.add_argument('--threshold', type=float, nargs='+', default=[0.4], help='of recall and precision')
    parser.add_argument('--threads', type=int, default=0, help='of ONNX Runtime (default: one per core)')
    parser.add_argument('--json', type=Path, help='also write the figures to this file')
    return parser.parse_args()


def main():
    options = arguments()
    classes = options.classes and options.classes.split(',')
    pictures = coco.load(options.data, options.images, classes)
    if not pictures:
        raise SystemExit(f'No pictures in {options.data}')
    found = []
    print('| source | pictures | boxes | model | input | AP50 | AP75 | at score | recall | precision |')
    print('|---|---|---|---|---|---|---|---|---|---|')
    for model in options.models:
        for size in options.input_size:
            rows = evaluate(runner(model, options.threads), pictures, size, options.by)
            for source, row in rows.items():
                for threshold in options.threshold:
                    figures = row.figures(threshold)
                    found.append({'source': source, 'model': model.name, 'input_size': size} | figures)
                    print(line(found[-1]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


def line(f):
    cells = [f['source'], f['pictures'], f['boxes'], f['model'], f['input_size']]
    cells += [f'{f[key]:.3f}' for key in ('ap50', 'ap75')]
    cells += [f'{f["threshold"]:.2f}'] + [f'{f[key]:.3f}' for key in ('recall', 'precision')]
    return f'| {" | ".join(map(str, cells))} |'


if __name__ == '__main__':
    main()
