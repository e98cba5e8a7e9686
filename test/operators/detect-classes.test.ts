import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { detect } from '../../dist/operators/detect.js'
import { detectorOptions } from '../../dist/vision/detectors/detector-options.js'
import { loadModel, type Model } from '../../dist/vision/detectors/model.js'
import { fixedDetector } from '../support/fixed-detector.js'
import { frameOf } from '../support/pictures.js'

let folder: string
let model: Model
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cropstream-'))
  const path = await fixedDetector(
    folder,
    ['ball', 'Player', 'goalkeeper', 'referee'],
    [
      { cell: [1, 1], scores: { Player: 0.6, goalkeeper: 0.9 } },
      { cell: [4, 1], scores: { Player: 0.5, referee: 0.8 } },
      { cell: [1, 5], scores: { ball: 0.9 } },
      { cell: [2, 5], scores: { Player: 0.7 } },
    ],
  )
  model = await loadModel({ model: path })
})
afterAll(() => rm(folder, { recursive: true }))

async function seen(classes?: readonly string[]) {
  const frame = frameOf({ width: 64, height: 64, rgb: new Uint8Array(64 * 64 * 3) })
  const step = await detect.step({ model, confidence: 0.4, classes })
  const [result] = await step(frame, { drop: () => {}, flag: () => {}, count: () => {} })
  return result?.detections.map(({ classId, className, confidence }) => [
    classId,
    className,
    Math.round(confidence * 10) / 10,
  ])
}

test('a person whom the model sees as two classes is one detection, of the more confident class', async () => {
  // Otherwise a goalkeeper would have two tracks, with the same crops under two identities.
  expect(await seen()).toEqual([
    [2, 'goalkeeper', 0.9],
    [3, 'referee', 0.8],
    [1, 'Player', 0.7],
  ])
})

test('a referee who is left out is not kept as the faint player that the model also sees in him', async () => {
  // Otherwise --classes player,goalkeeper would still train on referees.
  expect(await seen(['player', 'goalkeeper'])).toEqual([
    [2, 'goalkeeper', 0.9],
    [1, 'Player', 0.7],
  ])
})

test('classes are found whatever their case, and an unknown one is refused with those that exist', async () => {
  // Otherwise a user would have to know how the labels of the training data were spelled.
  expect(await seen(['BALL'])).toEqual([[0, 'ball', 0.9]])
  expect(() => detect({ model, classes: ['players'] })).toThrow(
    /a class of fixed \(ball, Player, goalkeeper, referee\) for --classes but received 'players'/,
  )
})

test('people are kept whatever their labels are called, and every id of a name is', () => {
  // Otherwise a dataset would have the referees only, of a model whose other labels are in the plural.
  const classesOf = (...classes: string[]) => detectorOptions({ ...model, classes }).classes
  expect(classesOf('Players', 'goalie', 'refs', 'ball')).toEqual(['Players', 'goalie', 'refs'])
  expect(classesOf('horse', 'ball')).toEqual(['horse'])
  const twice = { ...model, classes: ['player', 'ball', 'Player', 'player'] }
  expect(detectorOptions(twice, { classes: ['player'] }).classes).toEqual(['player', 'Player'])
})
