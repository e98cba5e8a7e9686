import { processVideo, UsageError } from '../../dist/index.js'
import { deviceNames } from '../../dist/vision/detectors/device.js'
import { atLeast, type Question } from '../harness/question.js'
import { alternate, median } from '../harness/rounds.js'
import { sampleMatch } from '../sample/reuse.js'

/** Frames per second and CPU seconds a frame of the graph alone, with one worker per core. */
async function figuresOf(device: (typeof deviceNames)[number], video: string, out: string) {
  let [start, cpu] = [0, process.cpuUsage()]
  const onStart = () => {
    start = performance.now()
    cpu = process.cpuUsage()
  }
  const { framesRead } = await processVideo(video, { out, device }, { onStart })
  const { user, system } = process.cpuUsage(cpu)
  return {
    rate: (1000 * framesRead) / (performance.now() - start),
    cpu: (user + system) / 1e6 / framesRead,
  }
}

export const device: Question = {
  name: 'device',
  text: 'What does a GPU gain beside all cores of the machine?',
  async answer({ quick, folder, rounds, log }) {
    const { video } = await sampleMatch(quick ? 6 : 20)
    const [works, notes]: [(typeof deviceNames)[number][], string[]] = [[], []]
    for (const name of deviceNames) {
      try {
        await processVideo(video, { out: folder, device: name, frames: 2, valRatio: 0 })
        works.push(name)
      } catch (error) {
        if (!(error instanceof UsageError)) throw error
        notes.push(`Not measured: ${error.message}`)
      }
    }
    const sides = Object.fromEntries(works.map(name => [name, () => figuresOf(name, video, folder)]))
    const results = await alternate(rounds, sides, log)
    const medians = works.map(name => {
      const runs = results[name] ?? []
      return { name, rate: median(runs.map(({ rate }) => rate)), cpu: median(runs.map(({ cpu }) => cpu)) }
    })
    const [onCpu, ...others] = medians
    const gain = (rate: number) => rate / (onCpu?.rate ?? Number.NaN)
    return {
      tables: [
        {
          title: `the graph alone, medians of ${rounds}`,
          columns: ['device', 'frames/s', '× cpu', 'CPU ms per frame, without ffmpeg'],
          rows: medians.map(({ name, rate, cpu }) => [
            name,
            rate.toFixed(2),
            gain(rate).toFixed(2),
            (1000 * cpu).toFixed(0),
          ]),
        },
      ],
      bars: others.map(({ name, rate }) => atLeast(`${name} ÷ cpu`, gain(rate), 1.5)),
      notes,
    }
  },
}
