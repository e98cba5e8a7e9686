import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { bundledModels } from '../../dist/index.js'
import { families } from '../../dist/vision/detectors/families.js'
import { fixedDetector } from '../support/fixed-detector.js'

const graph = fileURLToPath(new URL('../../dist/graph.js', import.meta.url))
const { video } = inject('match')
let folder: string
let model: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cropstream-'))
  model = await fixedDetector(
    join(folder, 'model'),
    ['ball', 'player', 'referee'],
    [
      { cell: [1, 2], scores: { player: 0.9 } },
      { cell: [4, 2], scores: { player: 0.5, referee: 0.8 } },
    ],
  )
})
afterAll(() => rm(folder, { recursive: true }))

const cropstream = (...args: string[]) =>
  new Promise<{ code: number; stdout: string; stderr: string }>(resolve => {
    const child = execFile(process.execPath, [graph, ...args], { cwd: folder }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })

test('lists every bundled model with its hash, time, accuracy, licenses and attribution', async () => {
  // Otherwise a user could not choose a model, or know under which terms it may be used.
  const { code, stdout } = await cropstream('models')
  expect(code).toBe(0)
  for (const { id, sha256 = '', accuracy, licences = {}, attribution = [] } of bundledModels()) {
    expect(stdout).toMatch(new RegExp(`${id}.* ${sha256.slice(0, 12)} .* \\d+ │\n`))
    for (const { set } of accuracy?.sets ?? []) expect(stdout).toContain(set)
    for (const licence of Object.values(licences)) expect(stdout).toContain(licence)
    for (const { url } of attribution) expect(stdout).toContain(url)
  }
  expect(stdout).toMatch(/nanodet-sports \* +│ int8/)
})

test('every bundled model has its hash, licenses and measured accuracy, and the Apache license is beside it', async () => {
  // Otherwise a model could be published without the terms that it is under.
  for (const { sha256, bytes, licences, accuracy, file } of bundledModels()) {
    expect([sha256?.length, bytes, licences?.model, accuracy?.sets.length], file).toEqual([
      64,
      expect.any(Number),
      expect.stringContaining('Apache-2.0'),
      expect.any(Number),
    ])
  }
  const { files } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(files).toEqual(expect.arrayContaining(['models/models.json', 'models/LICENSE-Apache-2.0']))
})

test('the page on models has the figures of models.json, and a row for each family', async () => {
  // Otherwise the page and the program would say different things.
  const page = await readFile(new URL('../../docs/models.md', import.meta.url), 'utf8')
  for (const { accuracy } of bundledModels()) {
    for (const { set, ap50, recall, precision } of accuracy?.sets ?? []) {
      const row = page.split('\n').find(line => line.startsWith(`| ${set} (`))
      expect(row).toContain([ap50, recall, precision].map(share => share.toFixed(3)).join(' '))
    }
  }
  for (const { name } of families) expect(page).toContain(`\n| \`${name}\` |`)
})

test('check says what a file was recognized as, and draws what it finds at a time of a video', async () => {
  // Otherwise a user would learn from an empty dataset that the colors or the classes are wrong.
  const out = join(folder, 'drawn.png')
  const where = ['--frame', '1', '--out', out, '--tiles', '1x1']
  const { code, stdout } = await cropstream('models', 'check', model, video, ...where)
  expect(code).toBe(0)
  expect(stdout).toMatch(/family +nanodet\n/)
  expect(stdout).toMatch(/input +image, float32, NCHW, batch 1, 64x64 pixels\n/)
  expect(stdout).toMatch(/preprocessing +letterbox in the top left corner, padding mean, bilinear, BGR\n/)
  expect(stdout).toMatch(/classes +3: ball, player, referee\nkept +player, referee /)
  expect(stdout).toMatch(/time +\d+ ms for a frame of 1920x1080, on one thread\n/)
  expect(stdout).toMatch(/view +input size 64: the only one that the options leave\n/)
  expect(stdout).toMatch(/found +1 player, 1 referee\n/)
  const { data, info } = await sharp(out).raw().toBuffer({ resolveWithObject: true })
  expect([info.width, info.height]).toEqual([1920, 1080])
  // On the left edge of the first box, whose lines are not of the color of grass.
  const [red = 0, green = 0, blue = 0] = data.subarray((500 * 1920 + 121) * 3)
  expect(green > red && green > blue).toBe(false)
})

test('check refuses what a run refuses, with the same exit code', async () => {
  // Otherwise it would say that a model is fine which a run does not take.
  const text = join(folder, 'text.onnx')
  await writeFile(text, 'no model')
  expect(await cropstream('models', 'check', text)).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/^cropstream: Cannot read the model .*text\.onnx: it is not an ONNX file/),
  })
  expect(await cropstream('models', 'check', model, '--classes', 'goalie')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/a class of fixed \(ball, player, referee\)/),
  })
  expect(await cropstream('models', 'check', model, video, '--frame', 'soon')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/seconds, 0 or more for --frame/),
  })
  expect(await cropstream('models', 'check')).toMatchObject({ code: 2 })
})

test('a video that is named models is still read, as ./models', async () => {
  // Otherwise the subcommand would make a file unreachable.
  const { code, stderr } = await cropstream('./models')
  expect(code).toBe(3)
  expect(stderr).toMatch(/\.\/models.*no such file/)
})
