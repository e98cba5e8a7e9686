import { drawSample } from '../../../bench/sample/sample.js'

/** Two seconds of the sample match in small frames, for very short runs. */
export async function drawSmallMatch(out: string): Promise<string> {
  return (await drawSample({ seconds: 2, width: 640, height: 360, out })).video
}

/** Options that find its players in 8 sampled frames, and look at no frame before, so that each inference is of one. */
export const smallMatch = [
  ...['--fps', '4', '--input-size', '416', '--min-height', '8', '--grass-samples', '1', '--workers', '1'],
  ...['--surface', '66,122,54', '--background', 'surface', '--stall-seconds', '2'],
]
