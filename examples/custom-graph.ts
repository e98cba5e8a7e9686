/**
 * A graph of your own: no augmentation, the background stays, and an operator of yours. Checkpoints, resume,
 * metrics, report and manifest work as in the graph that comes with cropstream.
 *
 *     npm run build && npx tsc -p examples
 *     node examples/dist/custom-graph.js game.mp4
 */
import {
  checkOptions,
  crop,
  detect,
  encode,
  type Graph,
  pitchFilter,
  readCrops,
  runJob,
  runSettings,
  split,
  steps,
  track,
} from 'cropstream'
import { aspectFilter } from './aspect-filter.js'

const find = steps(detect, pitchFilter, track)
const dataset = steps(aspectFilter, split, encode)

const fromFrames = steps(crop, ...dataset)
const fromCrops = steps(readCrops, ...dataset)
const groups = [...runSettings, ...find, ...fromFrames, ...fromCrops] as const

const graph: Graph = {
  settings: groups,
  steps: { video: [...find, ...fromFrames], detections: fromFrames, crops: fromCrops },
  wire({ input, run, observer, ready }) {
    switch (input.start) {
      case 'video':
        return run
          .from(input.frames)
          .pipe(
            run.bypassIfCached(input.cached, ready(find)),
            run.tap(observer.frameTracked),
            run.through(ready(fromFrames)),
          )
      case 'detections':
        return run.from(input.frames).pipe(run.tap(observer.frameTracked), run.through(ready(fromFrames)))
      case 'crops':
        return run.from(input.frames).pipe(run.tap(observer.cropsRead), run.through(ready(fromCrops)))
    }
  },
}

const [video = 'game.mp4', out = 'out'] = process.argv.slice(2)
const options = checkOptions(groups, { out, fps: 1, maxAspect: 0.6 })
const { root, images, steps: counts } = await runJob(video, options, {}, graph)
console.log(`${images} images in ${root}; too wide: ${counts.get('aspect-filter')?.dropped.too_wide ?? 0}`)
