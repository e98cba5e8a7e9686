import { expect, test } from 'vitest'
import type { Detection } from '../../../dist/types.js'
import { withoutBodyParts } from '../../../dist/vision/detectors/body-parts.js'

const box = (confidence: number, x1: number, y1: number, x2: number, y2: number): Detection => ({
  ...{ classId: 0, confidence },
  xyxy: [x1, y1, x2, y2],
})
const closeUp = box(0.7, 300, 60, 500, 356)

test('the upper body and the legs within a close-up are removed', () => {
  // Otherwise one person would be two or three tracks.
  const [upper, legs] = [box(0.4, 310, 62, 495, 200), box(0.3, 320, 220, 470, 360)]
  expect(withoutBodyParts([closeUp, upper, legs], 360)).toEqual([closeUp])
})

test('players of normal size in front of each other are kept', () => {
  // Otherwise a player would vanish whenever he passes another.
  const both = [box(0.9, 300, 60, 380, 190), box(0.5, 310, 120, 370, 190)]
  expect(withoutBodyParts(both, 360)).toEqual(both)
})

test('people in a crowd, and those as certain as the one in front, are kept', () => {
  // Otherwise a tackle that fills the picture would lose all players but one.
  const crouching = box(0.6, 320, 180, 480, 356)
  expect(withoutBodyParts([closeUp, crouching], 360)).toEqual([closeUp, crouching])
  const crowd = [closeUp, box(0.4, 310, 62, 495, 200), box(0.6, 310, 120, 360, 300)]
  expect(withoutBodyParts(crowd, 360)).toEqual(crowd)
})
