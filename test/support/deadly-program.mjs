import { main } from '../../dist/cli.js'
import { configure } from '../../dist/config.js'
import { runJob } from '../../dist/job.js'
import { crop } from '../../dist/operators/crop.js'
import { encode } from '../../dist/operators/encode.js'
import { split } from '../../dist/operators/split.js'

// The program as users start it, for tests, with players that need no detector and a step that kills its worker
// on the frame that the environment names.
const module = name => new URL(name, import.meta.url).href
const boxes = { name: 'boxes', module: module('./boxes.mjs'), options: { players: 2 } }
const deadly = {
  name: 'deadly',
  module: module('./deadly.mjs'),
  options: { on: [Number(process.env.DEADLY_FRAME)], how: 'exit' },
}

const processVideo = (video, options, hooks) =>
  runJob(video, configure(options), hooks, ({ run, plan, video, sink, detections }) =>
    run.into(
      sink,
      run.from(video).pipe(
        run.onWorkers(boxes, deadly),
        run.tap(frame => detections.write(frame)),
        run.onWorkers(crop(), split(plan.split), encode(plan.jpeg)),
      ),
    ),
  )

process.exitCode = await main(process.argv, processVideo)
