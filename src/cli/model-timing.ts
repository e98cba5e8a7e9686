import type { Picture } from '../types.js'
import type { Detector } from '../vision/detectors/detector.js'
import { rgbPlanes } from '../vision/imaging/planes.js'

/** A gray picture of the shape of most videos. @param width in pixels. */
export function grayPicture(width: number): Picture {
  const height = Math.round((width * 9) / 16)
  return { width, height, planes: new Uint8Array(width * height * 3).fill(128), encoding: rgbPlanes }
}

/** Median milliseconds for one picture on one thread, after a first run that allocates. */
export async function millisecondsPerPicture(
  detector: Detector,
  picture: Picture,
  runs = 3,
): Promise<number> {
  await detector.detect(picture)
  const times: number[] = []
  for (let run = 0; run < runs; run++) {
    const began = performance.now()
    await detector.detect(picture)
    times.push(performance.now() - began)
  }
  return times.sort((a, b) => a - b)[runs >> 1] ?? Number.NaN
}
