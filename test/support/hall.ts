import type { Detection } from '../../dist/types.js'
import type { Sighting } from '../../dist/vision/surface/ground.js'
import { drawScene, kits, type Rgb, type Scene } from './figures.js'
import { pictureOf } from './pictures.js'

export const hallColors = {
  surround: [70, 150, 165],
  court: [205, 95, 85],
  boards: [190, 30, 40],
} satisfies Record<string, Rgb>

/** Where they stand: twelve on the court, then three around it. */
const feet = [
  ...Array.from({ length: 12 }, (_, i) => [130 + 20 * i, 160 + 14 * (i % 4)] as const),
  ...([
    [40, 150],
    [440, 160],
    [60, 252],
  ] as const),
]
export const onCourt = 12

const detectionOf = (xyxy: Detection['xyxy']): Detection => ({ xyxy, confidence: 0.8, classId: 0 })

/** A hall with a court of one color and the floor around it of another, and the people in it. */
export function drawHall(seed: number, scene: Partial<Scene> = {}): Sighting {
  const { surround, court } = hallColors
  const drawn = drawScene({
    ...{ width: 480, height: 270, horizon: 70, seed },
    grass: [surround, surround],
    court: { xyxy: [110, 135, 390, 215], color: court },
    figures: feet.map(([x, y], i) => {
      const kit = i >= onCourt ? kits.red : i % 2 === 0 ? kits.white : kits.green
      return { x: x + seed, y, height: 50, stride: i % 4, kit }
    }),
    ...scene,
  })
  return { picture: pictureOf(drawn), people: drawn.players.map(({ xyxy }) => detectionOf(xyxy)) }
}
