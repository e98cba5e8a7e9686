import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { type Graph, types, type Weights } from './onnx-writer.js'

export const box: Weights = { name: 'b', dims: [1, 4], values: [10, 10, 40, 60] }

/** A network with its own NMS that finds one box, whatever it sees. */
export function oneBox(change: Partial<Graph> = {}, boxes: Weights = box, score = 0.9): Graph {
  return {
    nodes: [
      { op: 'Identity', inputs: ['b'], output: 'boxes' },
      { op: 'Identity', inputs: ['s'], output: 'scores' },
      { op: 'Identity', inputs: ['l'], output: 'labels' },
    ],
    weights: [
      boxes,
      { name: 's', dims: [1], values: [score] },
      { name: 'l', dims: [1], values: [0], type: types.int64 },
    ],
    inputs: [{ name: 'image', shape: [1, 3, undefined, undefined] }],
    outputs: [
      { name: 'boxes', shape: [undefined, 4] },
      { name: 'scores', shape: [undefined] },
      { name: 'labels', shape: [undefined], type: types.int64 },
    ],
    ...change,
  }
}

const folders: string[] = []

/** Path of a file in a folder of its own, beside others. The folders are removed after the tests of the file. */
export async function saved(
  name: string,
  bytes: Uint8Array,
  beside: Record<string, string | Uint8Array> = {},
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'cropstream-model-'))
  folders.push(folder)
  for (const [file, content] of Object.entries({ ...beside, [name]: bytes })) {
    await writeFile(join(folder, file), content)
  }
  return join(folder, name)
}
afterAll(() => Promise.all(folders.map(folder => rm(folder, { recursive: true, force: true }))))
