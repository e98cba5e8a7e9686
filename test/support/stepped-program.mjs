import { main } from '../../dist/cli/main.js'
import { runJob } from '../../dist/job/run-job.js'
import { runSettings } from '../../dist/job/settings.js'
import { augment } from '../../dist/operators/augment.js'
import { crop } from '../../dist/operators/crop.js'
import { detect } from '../../dist/operators/detect.js'
import { encode } from '../../dist/operators/encode.js'
import { pitchFilter } from '../../dist/operators/pitch-filter.js'
import { removeBackground } from '../../dist/operators/remove-background.js'
import { split } from '../../dist/operators/split.js'
import { chain } from '../../dist/runtime/wiring.js'
import { checkOptions } from '../../dist/settings/configure.js'

// The command-line program for tests, without a detector and with an additional step: the environment variable STEP is
// JSON with `name`, `module` (a file in this folder) and `options`.
const url = file => new URL(file, import.meta.url).href
const boxes = { name: 'boxes', module: url('./boxes.mjs'), options: { players: 2 } }
const { module, ...step } = JSON.parse(process.env.STEP)
const own = { ...step, module: url(`${module}?${step.name}`) }

const found = [crop, split, encode]
const graph = {
  steps: { video: found, detections: found, crops: found },
  settings: [...runSettings, detect, pitchFilter, crop, removeBackground, split, augment, encode],
  wire: ({ input, run, observer, ready }) =>
    run
      .from(input.frames)
      .pipe(
        run.through(chain(boxes, own)),
        run.tap(observer.frameTracked),
        run.through(ready([crop, split, encode])),
      ),
}

process.exitCode = await main(process.argv, graph, (video, options, hooks) =>
  runJob(video, checkOptions(graph.settings, options), hooks, graph),
)
