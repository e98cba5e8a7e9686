import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { processVideo } from '../../dist/index.js'
import { smallVideo } from '../support/matches.js'
import { runTrial, trialShape } from '../support/queue-trial.js'
import { describeWithRedis } from '../support/redis.js'
import { smallSettings } from '../support/small-match.js'

// `npm run bench -- queue` does the same with more of everything, and with workers as users start them.
describeWithRedis('a queue whose workers and server are killed', () => {
  test('thirty clips that are submitted twice become thirty datasets, and nothing is left over', async () => {
    // Otherwise a machine that is taken away could lose a video, make a wrong dataset, or leave half a one behind.
    const folder = await mkdtemp(join(tmpdir(), 'cropstream-queue-'))
    try {
      const video = await smallVideo()
      const result = await runTrial({
        ...{ folder, video, clips: 30, workers: 2, workerKills: 4, serverKills: 1, outageSeconds: 3 },
        timing: { lockSeconds: 2, stalledSeconds: 1 },
      })
      expect(result.violations, result.lines.join('\n')).toEqual([])
      expect(result).toMatchObject({ kills: 4, serverKills: 1 })
      const plain = await processVideo(video, { ...smallSettings, ...trialShape, out: join(folder, 'plain') })
      expect([...result.hashes]).toEqual([plain.datasetSha256])
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }, 600_000)
})
