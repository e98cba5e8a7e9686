import { describe, expect, test } from 'vitest'
import type { Detection } from '../../../dist/types.js'
import { fitView } from '../../../dist/vision/detectors/fit-view.js'
import { loadModel } from '../../../dist/vision/detectors/model.js'
import { qualities } from '../../../dist/vision/detectors/quality.js'
import { type View, viewsFor } from '../../../dist/vision/detectors/views.js'
import { rgbPlanes } from '../../../dist/vision/imaging/planes.js'

const picture = { width: 1280, height: 720, planes: new Uint8Array(0), encoding: rgbPlanes }
const sizes = [640, 992, 1280]

interface Game {
  readonly height: number
  readonly players?: number
  /** Heights in the input below which a player is missed. */
  readonly missedBelow?: number
  readonly quality?: keyof typeof qualities
  readonly full?: number
}

/** Fits the view to a game whose players all have one height in the picture. */
async function fitTo({ height, players = 12, missedBelow = 0, quality = 'balanced', full = 2 }: Game) {
  const looks = new Set<number>()
  const scale = ({ inputSize }: View) => inputSize / picture.width
  const boxes = Array.from(
    { length: players },
    (_, i): Detection => ({ classId: 0, confidence: 0.9, xyxy: [i * 90, 100, i * 90 + 40, 100 + height] }),
  )
  const [first, ...others] = sizes.map(inputSize => ({ inputSize, tiles: '1x1' }))
  const fitted = await fitView([picture, picture], {
    views: { views: [first!, ...others], full },
    quality: qualities[quality],
    async look(_, view) {
      looks.add(view.inputSize)
      return height * scale(view) < missedBelow ? boxes.slice(2) : boxes
    },
    playersIn: (_, all) => all,
    magnification: scale,
  })
  return { ...fitted, looks: [...looks] }
}

describe('the smallest input at which the players stay found', () => {
  test('follows their height, and is verified by one look', async () => {
    // Otherwise every video would take the time of the hardest one.
    expect(await fitTo({ height: 70 })).toMatchObject({ inputSize: 640, looks: [1280, 640] })
    expect(await fitTo({ height: 44 })).toMatchObject({ inputSize: 992, looks: [1280, 992] })
    expect(await fitTo({ height: 30 })).toMatchObject({ inputSize: 1280, looks: [1280] })
  })

  test('is one step larger when players are lost at it', async () => {
    // Otherwise a video whose players are hard to see would lose some of them.
    const fitted = await fitTo({ height: 70, missedBelow: 36 })
    expect(fitted).toMatchObject({ inputSize: 992, looks: [1280, 640] })
    expect(fitted.why).toMatch(/loses 4 of 24 players in 2 sample frames/)
  })

  test('is the full one where there are too few players to judge by', async () => {
    // Otherwise a few frames of the empty field would decide for a whole game.
    expect(await fitTo({ height: 200, players: 3 })).toMatchObject({ inputSize: 1280 })
  })

  test('is larger than that of the model for players who are very small at it', async () => {
    // Otherwise a model made for close players would miss those of a wide shot.
    expect(await fitTo({ height: 30, full: 0 })).toMatchObject({ inputSize: 992, looks: [640] })
  })

  test('may lose a few players where speed is asked for', async () => {
    // Otherwise --quality fast would not be faster.
    expect(await fitTo({ height: 44 })).toMatchObject({ inputSize: 992 })
    expect(await fitTo({ height: 44, quality: 'fast' })).toMatchObject({ inputSize: 640 })
  })
})

test('the views to choose from grow, and are none where the user has chosen', async () => {
  // Otherwise a given size would be overridden, or a cheaper view never be tried.
  const model = await loadModel()
  const views = (quality: keyof typeof qualities, asked: Partial<View> = {}, side?: number) => {
    const input = { ...model.input, width: side, height: side }
    const { views, full } = viewsFor(
      { ...model, input },
      { width: 1920, height: 1080 },
      qualities[quality],
      asked,
    )
    return { views: views.map(({ inputSize, tiles }) => `${inputSize} ${tiles}`), full }
  }
  expect(views('fast')).toEqual({ views: ['640 1x1', '992 1x1', '1280 1x1'], full: 2 })
  expect(views('balanced')).toEqual({ views: ['992 1x1', '1280 1x1'], full: 1 })
  expect(views('best')).toEqual({ views: ['1280 1x1'], full: 0 })
  expect(views('balanced', { inputSize: 320 })).toEqual({ views: ['320 1x1'], full: 0 })
  expect(views('balanced', { tiles: '2x1', inputSize: 640 })).toEqual({ views: ['640 2x1'], full: 0 })
  expect(views('balanced', {}, 640)).toEqual({
    views: ['1280 1x1', '1280 2x1', '1280 3x2', '1280 4x3'],
    full: 1,
  })
  expect(views('best', {}, 416).views).toEqual(['1280 3x2', '1280 4x3'])
})
