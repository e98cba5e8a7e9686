"""Quantizes a model to int8, which CPUs run in half of the time.

  python models/train/quantize.py my-players.onnx --out my-players-int8.onnx --data packs/train

Static, QDQ, weights per channel. The ranges are the least and greatest values seen on the pictures. Their averages over
the pictures (CalibMovingAverage) must not be used: they clip what is large, and people in close-ups are lost. Weights
have 7 bits, so that no CPU can saturate and all give the same.
"""

import argparse
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from lib import coco, models_json
from lib.preprocess import letterbox


class Calibration(CalibrationDataReader):
    """Inputs made of pictures, one at a time."""

    def __init__(self, pictures, input_size):
        self.inputs = ({'image': letterbox(picture.read().pixels, input_size)[0][None]} for picture in pictures)

    def get_next(self):
        return next(self.inputs, None)


def with_float_weights(path):
    """The model with float32 weights in place of float16 weights behind Casts."""
    model = onnx.load(str(path))
    graph = model.graph
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    casts = [node for node in graph.node if node.op_type == 'Cast' and node.input[0] in tensors]
    for cast in casts:
        values = numpy_helper.to_array(tensors[cast.input[0]]).astype(np.float32)
        graph.initializer.append(numpy_helper.from_array(values, cast.output[0]))
        graph.node.remove(cast)
    used = {name for node in graph.node for name in node.input}
    kept = [tensor for tensor in graph.initializer if tensor.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)
    return model


def quantize(model, target, calibration):
    with tempfile.TemporaryDirectory() as folder:
        floats, ready = Path(folder, 'floats.onnx'), Path(folder, 'ready.onnx')
        onnx.save(with_float_weights(model), str(floats))
        quant_pre_process(str(floats), str(ready), skip_symbolic_shape=True)
        quantize_static(
            str(ready),
            str(target),
            calibration,
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
            reduce_range=True,
        )


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('model', type=Path, help='ONNX file')
    parser.add_argument('--out', required=True, type=Path, help='ONNX file to write; models.json beside it is updated')
    parser.add_argument('--data', required=True, help='COCO file, or a folder with a coco.json')
    parser.add_argument('--images', help='folder of the pictures (default: that of the COCO file)')
    parser.add_argument('--pictures', type=int, default=26, help='how many to look at, spread over the data')
    parser.add_argument('--input-size', type=int, default=960, help='long side of the input')
    return parser.parse_args()


def main():
    options = arguments()
    pictures = coco.load(options.data, options.images)
    models_json.entry_of(options.model)
    if any(node.op_type == 'QuantizeLinear' for node in onnx.load(str(options.model)).graph.node):
        raise SystemExit(f'{options.model} is quantized already: give the fp32 file')
    every = max(1, len(pictures) // options.pictures)
    chosen = pictures[::every][: options.pictures]
    quantize(options.model, options.out, Calibration(chosen, options.input_size))
    models_json.add(options.out, options.model, 'int8', f'quantized with {len(chosen)} pictures')


if __name__ == '__main__':
    main()
