import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { describeWithPython, loaders } from '../support/python.js'
import { colorOf, storedRun } from '../support/stored-run.js'

// npm run check:loaders: opens each format in the programs that it is for, as they are, with the lines that the command
// prints for it. CROPSTREAM_LOADERS_PYTHON=$(.ci/python-loaders) names a Python that has them.

// Importing torch alone takes a busy machine many seconds.
vi.setConfig({ testTimeout: 600_000 })

const run = promisify(execFile)
const programs = resolve('test/support/loaders')
const command = resolve('dist/graph.js')

/** Identities of the exports of images, from 1: two videos, in files and in shards. */
const people = [...Array.from({ length: 20 }, (_, i) => colorOf(i + 1)), colorOf(1, 2), colorOf(2, 2)]
/** Of those of frames, and those of them that are in the frames of the third video. */
const inFrames = [colorOf(1, 2), colorOf(2, 2), colorOf(1, 3), colorOf(2, 3), colorOf(3, 3)]
/** Two people for ten seconds, and one for three of them, at five frames a second. */
const boxes = 50 + 15 + 50

describeWithPython(
  'exports in the programs that they are for',
  python => {
    let parent: string
    beforeAll(async () => {
      parent = await mkdtemp(join(tmpdir(), 'cropstream-'))
      // The programs keep data of their own, and would look for later versions of themselves. Two threads of torch wait
      // for each other in a loop, which takes ten times as long where other programs need the cores.
      const quiet = { HF_HUB_OFFLINE: '1', FIFTYONE_DO_NOT_TRACK: 'true', OMP_NUM_THREADS: '1' }
      Object.assign(process.env, { HOME: join(parent, 'home'), ...quiet })
      await storedRun(join(parent, 'files'))
      const [all, late] = [
        [0, 9],
        [2, 9],
      ] as const
      await storedRun(join(parent, 'shards'), { layout: 'shards', video: 2, tracks: [all, late] })
      await storedRun(join(parent, 'frames'), { video: 3, tracks: [all, [3, 5], all], saveFrames: true })
    })
    afterAll(() => rm(parent, { recursive: true }))

    /** A name that must be quoted in Python and in a shell. */
    const out = (format: string) => `it's "${format}"`

    /** Exports runs. Resolves to a file with the lines that load it, as printed. */
    async function exported(format: string, ...runs: string[]): Promise<string> {
      const args = [command, 'export', ...runs, '--format', format, '--out', out(format)]
      const { stdout } = await run(process.execPath, args, { cwd: parent })
      const lines = join(parent, `${format}.py`)
      await writeFile(lines, (stdout.split('load it:\n')[1] ?? '').replace(/^ {2}/gm, ''))
      return lines
    }

    /** Starts a program of test/support/loaders. Resolves to what it found. */
    async function opened(program: string, ...args: string[]) {
      const stdout = await python(join(programs, `${program}.py`), ...args)
      return JSON.parse(/^REPORT (.*)$/m.exec(stdout)?.[1] ?? 'null')
    }

    /** Each picture is that of its identity. */
    function expectColors(pictures: [identity: number, color: number[]][], of: typeof people, least = 16) {
      expect(pictures.length).toBeGreaterThanOrEqual(least)
      for (const [identity, color] of pictures) {
        const { r, g, b } = of[identity - 1] ?? expect.fail(`no identity ${identity}`)
        for (const [i, level] of [r, g, b].entries()) {
          expect(Math.abs(level - color[i]!), `identity ${identity}: ${color}`).toBeLessThan(6) // three levels
        }
      }
    }

    // Each test of this file has one reason: a user would find out hours later, in a program that is not ours, that the
    // files cannot be read, or that pictures have the labels of others.

    test('market1501 in torchreid: loaded, trained for an epoch, evaluated', async () => {
      const lines = await exported('market1501', 'files', 'shards')
      const root = out('market1501')
      const found = await opened('market1501_torchreid', lines, root, join(parent, 'torchreid'))
      const [train] = found.counts
      expect(found).toMatchObject({ counts: [1260, 24, 174], identities: [16, 6, 6], by_color: [1, 1] })
      expect(found.changed).toBeGreaterThan(100)
      expectColors(found.pictures, people, Math.floor(train / 97))
    })

    test('market1501 in fast-reid and OpenMetricLearning: loaded, sampled, evaluated', async () => {
      const lines = await exported('market1501', 'files', 'shards')
      for (const program of ['market1501_fastreid', 'market1501_oml']) {
        const found = await opened(program, lines, join(out('market1501'), 'market1501'))
        expect(found).toMatchObject({ counts: [1260, 24, 174], in_batch: 16, by_color: [1, 1] })
        expect(found.identities.slice(0, 2)).toEqual([16, 6])
        expectColors(found.pictures, people, 64)
      }
    })

    test('webdataset with two workers: one epoch', async () => {
      const found = await opened('wds', await exported('webdataset', 'files', 'shards'), '22')
      expect(found).toMatchObject({ count: 1520, identities: 22 })
      expectColors(found.pictures, people, 15)
      expect(found.losses[1]).toBeLessThan(found.losses[0] / 1.5)
    })

    for (const format of ['imagefolder', 'hf-parquet']) {
      test(`${format} in datasets: whole, streaming, one epoch`, async () => {
        const lines = await exported(format, 'files', 'shards')
        const found = await opened('hugging_face', lines, out(format), '22', format)
        const counts = { train: 1520, validation: 220 }
        expect(found).toMatchObject({ counts, streamed: counts, identities: { train: 22, validation: 22 } })
        expect(found.row).toMatchObject({ identity: 1, run: 1, track_id: 1, frame_index: 0, pts_ms: 0 })
        expect(found.types.slice(1)).toEqual(['float64', 'float64'])
        expectColors(found.pictures, people)
        expect(found.losses[1]).toBeLessThan(found.losses[0] / 1.5)
      })
    }

    test('parquet in DuckDB and pandas', async () => {
      const found = await opened('tables', await exported('parquet', 'files', 'shards'), out('parquet'))
      const counts = [
        ['train', 1520, 22],
        ['val', 220, 22],
      ]
      expect(found).toMatchObject({
        counts,
        rows: 1740,
        last: { identity: 22, frame_index: 245, pts_ms: 9800 },
      })
      expectColors(found.pictures, people)
    })

    test('coco in pycocotools', async () => {
      const names = [0, 75, 80].map(frame => `run_2_frame_${frame}.jpg`).join()
      const lines = await exported('coco', 'shards', 'frames')
      const found = await opened('coco_tools', lines, out('coco'), names)
      expect(found).toMatchObject({ images: 100, boxes: 90 + boxes, identities: 5, categories: ['person'] })
      expectColors(found.pictures, inFrames, 8)
    })

    test('coco, cvat and mot in Datumaro', async () => {
      await exported('coco', 'shards', 'frames')
      await exported('mot', 'shards', 'frames')
      const lines = await exported('cvat', 'shards', 'frames')
      const found = await opened('datumaro_formats', lines, ...['coco', 'mot'].map(out))
      const ofFrames = { items: 50, boxes, tracks: 3 }
      expect(found).toMatchObject({
        coco: { items: 100, boxes: 90 + boxes, tracks: 3, labels: ['person'] },
        cvat: { items: 50, boxes: 90, tracks: 2, labels: ['person'] },
        mot: ofFrames,
      })
      expectColors(found.coco.pictures, inFrames.slice(2), 3)
      expectColors(found.mot.pictures, inFrames.slice(2), 3)
    })

    test('mot in TrackEval: the truth itself has HOTA 1, and two tracks that swap have less', async () => {
      const lines = await exported('mot', 'shards', 'frames')
      for (const sequence of ['run_1', 'run_2']) {
        const truth = await readFile(join(parent, out('mot'), sequence, 'gt/gt.txt'), 'utf8')
        const same = truth.replace(/1,1,1$/gm, '1,-1,-1,-1')
        const other: Readonly<Record<string, string>> = { 1: '2', 2: '1' }
        const swapped = same.replace(
          /^(2[5-9]|[345]\d),([12]),/gm,
          (_, frame, id) => `${frame},${other[id]},`,
        )
        for (const [name, text] of Object.entries({ same, swapped })) {
          await mkdir(join(parent, 'trackers', name, 'data'), { recursive: true })
          await writeFile(join(parent, 'trackers', name, 'data', `${sequence}.txt`), text)
        }
      }
      const found = await opened('track_eval', lines)
      expect(found.sequences).toEqual(['COMBINED_SEQ', 'run_1', 'run_2'])
      expect(found.hota.same).toBeCloseTo(1, 6)
      expect(found.hota.swapped).toBeLessThan(0.9)
    })

    test('fiftyone and coco in FiftyOne', async () => {
      const frames = 'coco of frames'
      await run(process.execPath, [command, 'export', 'frames', '--format', 'coco', '--out', frames], {
        cwd: parent,
      })
      const found = await opened('fifty_one', await exported('fiftyone', 'shards', 'frames'), frames)
      expect(found).toMatchObject({
        ...{ crops: 330, frames: 50, boxes, tracks: [1, 2, 3], identities: [1, 2, 3, 4, 5], one: 80 },
        tags: { train: 290, val: 40, crop: 330, variant: 145 },
        ...{ moments: [0, 200, 400], coco: [50, boxes, 3] },
      })
      expectColors(found.pictures, inFrames)
    })
  },
  loaders,
)
