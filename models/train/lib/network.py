"""NanoDet-g's ONNX file as a torch module, and trained tensors back into a file.

The parameters of the module are the initializers of the file, one to one. Only the op types that the file uses are
interpreted, up to the convolutions of the head: from there on the file itself has Split, Sigmoid, Reshape and Concat.
"""

import numpy as np
import onnx
import torch
import torch.nn as nn
import torch.nn.functional as F
from onnx import helper, numpy_helper

CLASSES = 80
# What comes after the head's convolutions, and Casts of weights.
LEFT_OUT = ('Cast', 'Split', 'Sigmoid', 'Reshape')


class Network(nn.Module):
    """image [B, 3, H, W] -> class logits [B, A, 80] and bins [B, A, 44]; anchors in the order of the file."""

    def __init__(self, path):
        super().__init__()
        graph = onnx.load(str(path)).graph
        if 'scores' not in {output.name for output in graph.output}:
            raise SystemExit(f'{path} is not a NanoDet file of this project: it has no output scores')
        if any(node.op_type == 'QuantizeLinear' for node in graph.node):
            raise SystemExit(f'{path} is quantized: use the file that it was made from')
        tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        # The weights are float16 behind Casts: {name after the Cast: name of the initializer}.
        casts = {n.output[0]: n.input[0] for n in graph.node if n.op_type == 'Cast' and n.input[0] in tensors}
        producers = {output: node for node in graph.node for output in node.output}
        self.heads = [self._convolution(name, producers) for name in producers['scores'].input]
        self.program, self.initializers = [], {}
        for node in graph.node:
            if node.op_type in LEFT_OUT or node.output[0] in ('scores', 'bins'):
                continue
            for name in node.input[1:] if node.op_type == 'Conv' else ():
                initializer = casts.get(name, name)
                values = torch.from_numpy(tensors[initializer].astype(np.float32))
                self.register_parameter(key(name), nn.Parameter(values))
                self.initializers[key(name)] = initializer
            self.program.append((operation(node, tensors), node.output[0]))

    @staticmethod
    def _convolution(name, producers):
        """The output of the head's convolution from which a part of the scores comes."""
        while producers[name].op_type != 'Conv':
            name = producers[name].input[0]
        return name

    def forward(self, image):
        values = {'image': image}
        for run, output in self.program:
            values[output] = run(self, values)
        head = torch.cat([values[name].float().flatten(2) for name in self.heads], 2).transpose(1, 2)
        return head[..., :CLASSES], head[..., CLASSES:]


def key(name):
    """The name of an initializer as that of a parameter."""
    return name.replace('.', '_')


def operation(node, tensors):
    """A node as a function of the module and the values so far."""
    inputs = [name for name in node.input if name]
    a = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
    first = inputs[0]
    match node.op_type:
        case 'Conv':
            weight, bias = map(key, inputs[1:])
            strides, padding = tuple(a['strides']), tuple(a['pads'][:2])
            return lambda net, v: F.conv2d(v[first], getattr(net, weight), getattr(net, bias), strides, padding)
        case 'LeakyRelu':
            return lambda net, v: F.leaky_relu(v[first], a['alpha'])
        case 'MaxPool':
            shape = tuple(a['kernel_shape']), tuple(a['strides']), tuple(a['pads'][:2])
            return lambda net, v: F.max_pool2d(v[first], *shape)
        case 'Resize':
            scale = tuple(float(s) for s in tensors[inputs[-1]][2:])
            return lambda net, v: F.interpolate(v[first], None, scale, 'bilinear', False)
        case 'Concat':
            return lambda net, v: torch.cat([v[name] for name in inputs], a['axis'])
        case 'Add':
            return lambda net, v: v[first] + v[inputs[1]]
    raise SystemExit(f'The model has an operation that NanoDet-g does not have: {node.op_type}')


def write(template, parameters, initializers, path):
    """A copy of the file `template` with `parameters` ({name: tensor}) in place of its initializers."""
    model = onnx.load(str(template))
    values = {initializers[name]: value for name, value in parameters.items()}
    for tensor in model.graph.initializer:
        if tensor.name in values:
            value = values.pop(tensor.name).detach().float().cpu().numpy()
            value = value.astype(helper.tensor_dtype_to_np_dtype(tensor.data_type))
            if not np.isfinite(value).all():
                raise SystemExit(f'{path} is not written: training has diverged, {tensor.name} is not finite')
            tensor.CopyFrom(numpy_helper.from_array(np.ascontiguousarray(value), tensor.name))
    if values:
        raise SystemExit(f'{template} lacks {", ".join(values)}')
    onnx.checker.check_model(model)
    onnx.save(model, str(path))
