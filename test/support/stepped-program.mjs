import { main } from '../../dist/cli/main.js'
import { configure } from '../../dist/job/config.js'
import { runJob } from '../../dist/job/job.js'
import { crop } from '../../dist/operators/crop.js'
import { encode } from '../../dist/operators/encode.js'
import { split } from '../../dist/operators/split.js'

// The program as users start it, for tests, with players that need no detector and a step of the test's own: what
// the environment says in STEP, as JSON with `name`, `module` (a file beside this one) and `options`.
const url = file => new URL(file, import.meta.url).href
const boxes = { name: 'boxes', module: url('./boxes.mjs'), options: { players: 2 } }
const { module, ...step } = JSON.parse(process.env.STEP)
const own = { ...step, module: url(module) }

const processVideo = (video, options, hooks) =>
  runJob(video, configure(options), hooks, ({ run, plan, video, sink, detections }) =>
    run.into(
      sink,
      run.from(video).pipe(
        run.onWorkers(boxes, own),
        run.tap(frame => detections.write(frame)),
        run.onWorkers(crop(), split(plan.split), encode(plan.jpeg)),
      ),
    ),
  )

process.exitCode = await main(process.argv, processVideo)
