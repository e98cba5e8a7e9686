import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PbfWriter } from 'pbf'

/** Scores by class at a cell of the network's input. */
export interface FixedBox {
  /** Column and row of a cell of 8 pixels; the box is 16 pixels wide and high around its center. */
  readonly cell: readonly [column: number, row: number]
  readonly scores: Readonly<Record<string, number>>
}

const side = 64
const cells = (side / 8) ** 2 + (side / 16) ** 2 + (side / 32) ** 2
const float32 = 1

/**
 * Writes a model of the family nanodet that finds the same boxes in every picture, with a models.json that names its
 * classes. Its input is 64 by 64 pixels. Returns the path of the file.
 */
export async function fixedDetector(
  folder: string,
  classes: readonly string[],
  boxes: readonly FixedBox[],
  listed: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const scores = new Float32Array(classes.length * cells)
  const bins = new Float32Array(44 * cells)
  for (const { cell, scores: given } of boxes) {
    const at = cell[1] * (side / 8) + cell[0]
    for (const [name, score] of Object.entries(given)) scores[classes.indexOf(name) * cells + at] = score
    // One cell to each side: all of the softmax is in bin 1.
    for (let n = 0; n < 4; n++) bins[(n * 11 + 1) * cells + at] = 100
  }
  await mkdir(folder, { recursive: true })
  const path = join(folder, 'fixed.onnx')
  await writeFile(
    path,
    model({ scores: [scores, classes.length], bins: [bins, 44] } satisfies Record<string, Weights>),
  )
  await writeFile(
    join(folder, 'models.json'),
    JSON.stringify([{ file: 'fixed.onnx', name: 'fixed', classes, ...listed }]),
  )
  return path
}

type Weights = readonly [values: Float32Array, rows: number]

/** An ONNX file whose outputs are constants; field numbers of onnx.proto. */
function model(outputs: Readonly<Record<string, Weights>>): Uint8Array {
  const pbf = new PbfWriter()
  pbf.writeVarintField(1, 8)
  pbf.writeMessage(7, graph, outputs)
  pbf.writeMessage(8, (_, to) => to.writeVarintField(2, 13), undefined)
  return pbf.finish()
}

function graph(outputs: Readonly<Record<string, Weights>>, pbf: PbfWriter): void {
  for (const name of Object.keys(outputs)) pbf.writeMessage(1, identity, name)
  pbf.writeStringField(2, 'fixed')
  for (const [name, weights] of Object.entries(outputs)) pbf.writeMessage(5, tensor, { name, weights })
  pbf.writeMessage(11, valueInfo, { name: 'image', shape: [1, 3, side, side] })
  for (const [name, [, rows]] of Object.entries(outputs)) {
    pbf.writeMessage(12, valueInfo, { name, shape: [1, rows, cells] })
  }
}

function identity(name: string, pbf: PbfWriter): void {
  pbf.writeStringField(1, `${name}_values`)
  pbf.writeStringField(2, name)
  pbf.writeStringField(4, 'Identity')
}

function tensor({ name, weights: [values, rows] }: { name: string; weights: Weights }, pbf: PbfWriter): void {
  for (const size of [1, rows, cells]) pbf.writeVarintField(1, size)
  pbf.writeVarintField(2, float32)
  pbf.writeStringField(8, `${name}_values`)
  pbf.writeBytesField(9, new Uint8Array(values.buffer))
}

function valueInfo({ name, shape }: { name: string; shape: readonly number[] }, pbf: PbfWriter): void {
  pbf.writeStringField(1, name)
  pbf.writeMessage(2, (_, type) => type.writeMessage(1, tensorType, shape), undefined)
}

function tensorType(shape: readonly number[], pbf: PbfWriter): void {
  pbf.writeVarintField(1, float32)
  pbf.writeMessage(
    2,
    (sides, to) => {
      for (const one of sides) to.writeMessage(1, (value: number, dim) => dim.writeVarintField(1, value), one)
    },
    shape,
  )
}
