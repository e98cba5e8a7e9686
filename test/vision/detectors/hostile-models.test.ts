import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { InputError } from '../../../dist/common/errors.js'
import { openDetector } from '../../../dist/vision/detectors/detector.js'
import { loadModel } from '../../../dist/vision/detectors/model.js'
import { drawClip } from '../../support/clips.js'
import { box, oneBox, saved } from '../../support/one-box.js'
import { type Node, onnxFile } from '../../support/onnx-writer.js'
import { pictureOf } from '../../support/pictures.js'

let folder: string
let clip: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cropstream-hostile-models-'))
  clip = await drawClip(join(folder, 'clip.mp4'), { frames: 4 })
})
afterAll(async () => rm(folder, { recursive: true }))

const picture = pictureOf({ width: 64, height: 64, rgb: new Uint8Array(64 * 64 * 3) })

async function detect(path: string) {
  const detector = await openDetector(await loadModel({ model: path }))
  return detector.detect(picture)
}

/** Refused by the library, in one line that names the model. */
async function refused(path: string, why: RegExp) {
  const error = await detect(path).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(InputError)
  const { message } = error as InputError
  expect(message).toMatch(why)
  expect(message).toContain(basename(path, '.onnx'))
  expect(message).not.toContain('\n')
  expect(message.length).toBeLessThan(2000)
}

/** Refused by the program, with the exit code for an input and no defect. */
async function refusedByProgram(path: string, why: RegExp) {
  const graph = fileURLToPath(new URL('../../../dist/graph.js', import.meta.url))
  const args = [graph, clip, '--model', path, '--workers', '1', '--out', `${path}.out`]
  const { code, stderr } = await promisify(execFile)(process.execPath, args).then(
    () => ({ code: 0, stderr: '' }),
    (error: { code: number; stderr: string }) => error,
  )
  expect({ code, stderr }).toEqual({ code: 3, stderr: expect.stringMatching(why) })
}

const float32 = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer)

test('the network of these tests works as it is', async () => {
  // Otherwise the refusals below could have another reason.
  expect(await detect(await saved('good.onnx', onnxFile(oneBox())))).toEqual([
    { xyxy: [10, 10, 40, 60], confidence: expect.closeTo(0.9), classId: 0 },
  ])
})

describe('weights in another file', () => {
  const split = (external: string) => onnxFile(oneBox({}, { name: 'b', dims: [1, 4], external }))

  test('work from the folder of the model, and count for its sha256', async () => {
    // Otherwise usual exports of large models would be refused, or a cached run be continued with other weights.
    const path = await saved('split.onnx', split('split.data'), { 'split.data': float32(1, 2, 30, 40) })
    expect((await detect(path)).map(({ xyxy }) => xyxy)).toEqual([[1, 2, 30, 40]])
    const { sha256 } = await loadModel({ model: path })
    await writeFile(join(path, '../split.data'), float32(1, 2, 30, 41))
    expect((await loadModel({ model: path })).sha256).not.toBe(sha256)
    await writeFile(join(path, '../split.data'), float32(1, 2))
    await refused(path, /ONNX Runtime cannot load the model split: /)
  })

  test('are refused from anywhere else, by name', async () => {
    // Otherwise a downloaded model could read any file of the user.
    const secret = join(folder, 'secret')
    await writeFile(secret, float32(1, 2, 3, 4))
    for (const location of [
      secret,
      '../secret',
      '..',
      'sub/../../secret',
      '*/_ORT_MEM_ADDR_/*',
      '/dev/zero',
    ]) {
      await refused(await saved('far.onnx', split(location)), /outside of its folder|which is not beside it/)
    }
    const linked = await saved('linked.onnx', split('link'))
    await symlink(secret, join(linked, '../link'))
    await refused(linked, /outside of its folder \(link\)/)
    await refused(await saved('lost.onnx', split('gone.bin')), /gone\.bin, which is not beside it/)
    await refusedByProgram(linked, /outside of its folder \(link\)/)
  })

  test('are found wherever a file may name them', async () => {
    // Otherwise ONNX Runtime would be asked to read a file that was never checked.
    const value = { ...box, external: '../hidden' }
    const constant = { op: 'Constant', inputs: [], output: 'boxes', value }
    const inside = [{ name: 'hide', nodes: [{ ...constant, output: 'y' }] }]
    const call = { op: 'hide', domain: 'local', inputs: ['b'], output: 'boxes' }
    const [, ...others] = oneBox().nodes
    for (const graph of [
      oneBox({ nodes: [constant, ...others] }),
      oneBox({ nodes: [call, ...others], functions: inside }),
    ]) {
      await refused(await saved('hidden.onnx', onnxFile(graph)), /outside of its folder \(\.\.\/hidden\)/)
    }
  })
})

describe('broken files', () => {
  test('a file that is cut short or no model is refused', async () => {
    // Otherwise ONNX Runtime would crash, or its reason would not name the file.
    const bytes = onnxFile(oneBox())
    for (let end = 0; end < bytes.length; end += 7) {
      await refused(await saved('cut.onnx', bytes.subarray(0, end)), /cut|Cannot|Expected/)
    }
    const garbage = Uint8Array.from({ length: 5000 }, (_, i) => (i * i * 7 + (i >> 3)) & 255)
    await refused(await saved('garbage.onnx', garbage), /not an ONNX file/)
    await refusedByProgram(await saved('empty.onnx', new Uint8Array()), /not an ONNX file, or cut short/)
  })

  test('a huge file, and what is no file, is refused before it is read', async () => {
    // Otherwise a wrong path would fill the memory, or wait for a pipe forever.
    const path = await saved('huge.onnx', new Uint8Array())
    await truncate(path, 2 ** 30 + 1)
    await refused(path, /at most 1073741824 bytes/)
    await mkdir(join(folder, 'folder.onnx'))
    await refused(join(folder, 'folder.onnx'), /not a file/)
    await promisify(execFile)('mkfifo', [join(folder, 'pipe.onnx')])
    await refused(join(folder, 'pipe.onnx'), /not a file/)
  })

  test('too many nodes are refused quickly, those of functions included', async () => {
    // Otherwise a small file could keep ONNX Runtime busy for hours.
    const chain = (length: number): Node[] =>
      Array.from({ length }, (_, i) => ({ op: 'Relu', inputs: [`r${i}`], output: `r${i + 1}` }))
    const long = await saved('long.onnx', onnxFile(oneBox({ nodes: chain(100_000) })))
    const start = performance.now()
    await refused(long, /at most 20000 nodes .* received 100000/)
    expect(performance.now() - start).toBeLessThan(3000)
    const functions = Array.from({ length: 40 }, (_, i) => {
      const [op, domain] = i === 0 ? ['Relu', ''] : [`f${i - 1}`, 'local']
      return {
        name: `f${i}`,
        nodes: [
          { op, domain, inputs: ['x'], output: 'a' },
          { op, domain, inputs: ['a'], output: 'y' },
        ],
      }
    })
    const call = { op: 'f39', domain: 'local', inputs: ['b'], output: 'boxes' }
    const nodes = [call, ...oneBox().nodes.slice(1)]
    await refused(await saved('laugh.onnx', onnxFile(oneBox({ nodes, functions }))), /at most 20000 nodes/)
    const self = [{ name: 'f39', nodes: [{ ...call, inputs: ['x'], output: 'y' }] }]
    await refused(
      await saved('endless.onnx', onnxFile(oneBox({ nodes, functions: self }))),
      /at most 20000 nodes/,
    )
  })

  test('an operator that ONNX Runtime does not have is refused with its reason', async () => {
    // Otherwise the user could not know what to export without.
    const [, ...others] = oneBox().nodes
    const nodes = [{ op: 'Custom', domain: 'local', inputs: ['b'], output: 'boxes' }, ...others]
    const path = await saved('custom.onnx', onnxFile(oneBox({ nodes })))
    await refusedByProgram(path, /cannot load the model custom: .*Custom/)
  })
})

describe('networks that do not give what they declare', () => {
  test('values that are not numbers fail on the first frame', async () => {
    // Otherwise broken weights would give an empty dataset.
    const boxes = { ...box, values: [10, Number.NaN, 40, 60] }
    await refusedByProgram(await saved('nan.onnx', onnxFile(oneBox({}, boxes))), /model nan gives .*\(NaN\)/)
    await refused(await saved('nan.onnx', onnxFile(oneBox({}, box, Number.NaN))), /\(NaN\)/)
  })

  test('scores above 1 and boxes without end fail', async () => {
    // Otherwise an export without its sigmoid would find everything everywhere.
    await refused(await saved('raw.onnx', onnxFile(oneBox({}, box, 5.2))), /raw gives scores above 1/)
    const endless = { ...box, values: [10, 10, Number.POSITIVE_INFINITY, 60] }
    await refused(await saved('endless.onnx', onnxFile(oneBox({}, endless))), /boxes without end/)
  })

  test('other shapes fail, instead of boxes', async () => {
    // Otherwise boxes would be read from the wrong places.
    const five = { name: 'b', dims: [1, 5], values: [1, 2, 3, 4, 5] }
    await refused(await saved('five.onnx', onnxFile(oneBox({}, five))), /five/)
    const three = { name: 'b', dims: [3, 4], values: Array.from({ length: 12 }, (_, i) => i) }
    await refused(await saved('three.onnx', onnxFile(oneBox({}, three))), /The model three gives 12 values/)
  })

  test('a number of cells that does not fit the input fails', async () => {
    // Otherwise a NanoDet with other strides would give boxes at wrong places.
    const head = (name: string, from: string, channels: number) => ({
      node: { op: 'Identity', inputs: [from], output: name },
      weights: {
        name: from,
        dims: [1, channels, 10],
        values: Array.from({ length: channels * 10 }, () => 0.5),
      },
      output: { name, shape: [1, channels, undefined] },
    })
    const heads = [head('scores', 's', 80), head('bins', 'd', 44)]
    const graph = {
      inputs: [{ name: 'image', shape: [1, 3, undefined, undefined] }],
      nodes: heads.map(({ node }) => node),
      weights: heads.map(({ weights }) => weights),
      outputs: heads.map(({ output }) => output),
    }
    await refusedByProgram(
      await saved('cells.onnx', onnxFile(graph)),
      /The model cells gives boxes for 10 cells/,
    )
  })

  test('sizes that no memory holds are refused', async () => {
    // Otherwise the buffer of the input could not be created: a defect instead of an error.
    for (const shape of [
      [1, 3, 1e6, 1e6],
      [1e6, 3, 64, 64],
      [3, 64, 1e5],
    ]) {
      const path = await saved('large.onnx', onnxFile(oneBox({ inputs: [{ name: 'image', shape }] })))
      await refused(path, /at most 64 pictures of 4096x4096/)
    }
  })

  test('long and hostile names in a file are cut and escaped', async () => {
    // Otherwise an error could fill the terminal, or control it.
    const outputs = Array.from({ length: 1000 }, (_, i) => ({
      name: `\u001b[31m${i}${'x'.repeat(1e4)}`,
      shape: [1],
    }))
    await refused(
      await saved('names.onnx', onnxFile(oneBox({ outputs }))),
      /Expected a detector .*\\u001b\[31m0x/,
    )
  })
})
