import { drawSample } from '../../../bench/sample/sample.js'

/** Two small seconds of the sample match: a run of them takes little more than its start. */
export async function drawSmallMatch(out: string): Promise<string> {
  return (await drawSample({ seconds: 2, width: 640, height: 360, out })).video
}

/** Options that find its players, and leave 8 frames of it. */
export const smallMatch = [
  ...['--fps', '4', '--input-size', '416', '--min-height', '8', '--grass-samples', '1', '--workers', '1'],
  ...['--stall-seconds', '2'],
]
