import type { StepContext } from '../../dist/runtime/operator.js'
import type { DatasetCrop, Frame } from '../../dist/types.js'
import { frameOf } from './pictures.js'

/** A StepContext that records the drops and the flags. */
export function dropping() {
  const dropped: Record<string, number> = {}
  const flagged: Record<string, number> = {}
  const context: StepContext = {
    drop: (reason, count = 1) => {
      dropped[reason] = (dropped[reason] ?? 0) + count
    },
    flag: (reason, count = 1) => {
      flagged[reason] = (flagged[reason] ?? 0) + count
    },
    count: () => {},
  }
  return { ...context, dropped, flagged }
}

/** A frame whose pixels encode their position: red is x, green is y, blue is 7. */
export function chart(width = 100, height = 80, index = 4): Frame {
  const rgb = new Uint8Array(width * height * 3)
  for (let i = 0; i < width * height; i++) rgb.set([i % width, Math.floor(i / width), 7], i * 3)
  return frameOf({ width, height, rgb }, index, index * 200)
}

/** A crop of a player: a disc of one color on black. */
export function disc(changes: Partial<DatasetCrop> = {}): DatasetCrop {
  const [width, height] = [40, 80]
  const rgb = new Uint8Array(width * height * 3)
  const mask = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (((x - 20) / 14) ** 2 + ((y - 40) / 30) ** 2 > 1) continue
      mask[y * width + x] = 255
      rgb.set([180, 90, 60], (y * width + x) * 3)
    }
  }
  return {
    key: 'track_1/crop_frame_4_det_0',
    frameIndex: 4,
    ptsMs: 800,
    detection: { xyxy: [0, 0, width, height], confidence: 0.9, classId: 0, trackId: 1 },
    width,
    height,
    rgb,
    mask,
    subset: 'train',
    augmentation: 0,
    ...changes,
  }
}
