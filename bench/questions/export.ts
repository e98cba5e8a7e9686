import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { command, cropstream } from '../harness/program.js'
import { atLeast, atMost, type Question } from '../harness/question.js'
import { median } from '../harness/rounds.js'
import { sampleMatch } from '../sample/reuse.js'

/** Seconds of the sample match, and variants of a crop, that make a hundred thousand images. */
const [seconds, variants] = [36, 50]

/** The format with the most work for an image: a file for each. */
export const exporting: Question = {
  name: 'export',
  text: 'How fast is an export from shards to files, and what memory does it take?',
  async answer({ quick, folder, rounds, log }) {
    const { video } = await sampleMatch(quick ? 10 : seconds)
    const run = join(folder, 'run')
    log('a run in shards')
    const made = await cropstream(
      ...[video, '--out', run, '--layout', 'shards', '--augment', String(quick ? 3 : variants)],
    )
    const { images } = JSON.parse(made.stderr.trim().split('\n').at(-1) ?? '')
    const exports: { files: number; seconds: number; megabytes: number }[] = []
    for (let round = 1; round <= rounds; round++) {
      log(`export ${round}`)
      const out = join(folder, `export-${round}`)
      const usage = await command('export', run, '--format', 'market1501', '--out', out)
      const { objects } = JSON.parse(await readFile(join(out, 'export.json'), 'utf8'))
      const { wallSeconds, peakBytes } = usage
      exports.push({ files: objects, seconds: wallSeconds, megabytes: peakBytes / 1e6 })
    }
    const rate = images / median(exports.map(({ seconds }) => seconds))
    const megabytes = Math.max(...exports.map(one => one.megabytes))
    return {
      tables: [
        {
          title: `${images} images of a run in shards, as market1501`,
          columns: ['files written', 'seconds', 'images/s', 'peak MB'],
          rows: exports.map(one => [
            ...[one.files, one.seconds.toFixed(1), (images / one.seconds).toFixed(0)],
            one.megabytes.toFixed(0),
          ]),
        },
      ],
      bars: [atLeast('images/s', rate, 5000, 0), atMost('peak MB', megabytes, 200, 0)],
      notes: ['Every image is read twice, once to count, and compared with its hash in the manifest.'],
    }
  },
}
