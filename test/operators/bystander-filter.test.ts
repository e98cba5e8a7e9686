import { expect, test } from 'vitest'
import { bystanderFilter } from '../../dist/operators/bystander-filter.js'
import type { TrackedFrame } from '../../dist/types.js'
import { dropping } from '../support/crops.js'
import { frameOf } from '../support/pictures.js'

const frame = frameOf({ width: 1, height: 1, rgb: new Uint8Array(3) })
const tracks = { opened: 2, closed: 0, cuts: 0 }
/** @param onCourt by track, from 1; undefined where no court was told. */
const seen = (...onCourt: (boolean | undefined)[]): TrackedFrame => ({
  ...{ frame, tracks },
  detections: onCourt.map((on, i) => ({
    ...{ xyxy: [0, 0, 1, 1], confidence: 0.9, classId: 0, trackId: i + 1 },
    ...(on !== undefined && { onCourt: on }),
  })),
})
const make = () => bystanderFilter().make()

async function kept(filter: ReturnType<typeof make>, frames: readonly TrackedFrame[], context = dropping()) {
  const ids: number[][] = []
  for (const input of frames) {
    const [output] = await filter.step(input, context)
    ids.push(output!.detections.map(({ trackId }) => trackId))
  }
  return { ids, dropped: context.dropped }
}

test('people beside the court are dropped until they have been on it, and counted', async () => {
  // Otherwise judges and coaches would be identities; or a player who runs off the court would lose crops.
  const frames = [
    seen(true, false),
    seen(false, false),
    seen(undefined, undefined),
    seen(true, true),
    seen(true, false),
  ]
  expect(await kept(make(), frames)).toEqual({
    ids: [[1], [1], [1], [1, 2], [1, 2]],
    dropped: { bystander: 3 },
  })
})

test('everyone passes where no court is told from the surface around it', async () => {
  // Otherwise games on grass would lose players.
  expect(await kept(make(), [seen(undefined, undefined)])).toEqual({
    ids: [[1, 2]],
    dropped: { bystander: 0 },
  })
})

test('a resumed run knows who has been on the court', async () => {
  // Otherwise the same video would give another dataset when its run was interrupted.
  const [first, second] = [make(), make()]
  await kept(first, [seen(true, false)])
  second.restore(JSON.parse(JSON.stringify(first.snapshot())))
  expect((await kept(second, [seen(false, undefined)])).ids).toEqual([[1]])
})
