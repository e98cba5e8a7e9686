import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import * as Plot from '@observablehq/plot'
import { findBinaries } from '../../dist/sources/ffmpeg-binaries.js'
import { cropstream } from '../harness/program.js'
import { atMost, type Context, type Question } from '../harness/question.js'
import { sampleMatch } from '../sample/reuse.js'

interface Peak {
  readonly megabytes: number
  readonly frames: number
}

/** Runs cropstream and measures the peak of its process, without ffmpeg, whose memory depends only on the frame size. */
async function peakOf(video: string, folder: string, ...args: string[]): Promise<Peak> {
  const { stderr } = await cropstream(video, '--out', folder, ...args)
  const { peak_bytes, frames } = JSON.parse(stderr.trim().split('\n').at(-1) ?? '')
  return { megabytes: peak_bytes / 1e6, frames }
}

export const memory: Question = {
  name: 'memory',
  text: 'How does peak memory grow with the length of the video and the number of slots?',
  async answer({ quick, folder, log }) {
    const { video } = await sampleMatch(10)
    const sampling = ['--fps', quick ? '5' : '1', '--augment', '0', '--input-size', quick ? '640' : '1280']
    const lengths: { seconds: number; megabytes: number; frames: number }[] = []
    for (const times of quick ? [1, 10] : [1, 10, 100]) {
      const seconds = 10 * times
      log(`${seconds} s of video`)
      const path = await looped(video, times, folder)
      lengths.push({ seconds, ...(await peakOf(path, folder, ...sampling)) })
    }
    const slots: { slots: number; megabytes: number }[] = []
    for (const count of quick ? [4, 16] : [4, 8, 16]) {
      log(`${count} slots`)
      const { megabytes } = await peakOf(video, folder, ...sampling, '--slots', String(count))
      slots.push({ slots: count, megabytes })
    }
    const growth = lengths.at(-1)!.megabytes / lengths[0]!.megabytes
    const [least, most] = [slots[0]!, slots.at(-1)!]
    const perSlot = (most.megabytes - least.megabytes) / (most.slots - least.slots)
    const frame = (1920 * 1080 * 1.5) / 1e6 // YUV 4:2:0
    return {
      tables: [
        {
          title: 'by length, 6 slots, 2 workers',
          columns: ['seconds of video', 'frames sampled', 'peak MB'],
          rows: lengths.map(({ seconds, frames, megabytes }) => [seconds, frames, megabytes.toFixed(0)]),
        },
        {
          title: 'by slots',
          columns: ['slots', 'peak MB'],
          rows: slots.map(({ slots, megabytes }) => [slots, megabytes.toFixed(0)]),
        },
        {
          title: 'each further slot',
          columns: ['MB measured', 'MB of a frame'],
          rows: [[perSlot.toFixed(1), frame.toFixed(1)]],
        },
      ],
      bars: [
        atMost(`peak of ${lengths.at(-1)!.seconds} s ÷ of ${lengths[0]!.seconds} s`, growth, 1.1),
        atMost('memory of a further slot ÷ frame and its images', perSlot / (frame + 1), 2),
      ],
      plot: {
        x: { type: 'log', label: 'seconds of video', ticks: lengths.map(({ seconds }) => seconds) },
        y: { label: 'MB', grid: true, zero: true },
        marks: [Plot.lineY(lengths, { x: 'seconds', y: 'megabytes', stroke: '#0072b2', marker: 'circle' })],
      },
      notes: [
        'A longer video is the sample in a loop, so that all its seconds cost the same.',
        'Each figure is that of one run, in a separate process. Runs differ by a few percent.',
      ],
    }
  },
}

/** Repeats a video without encoding it again. */
async function looped(video: string, times: number, folder: Context['folder']): Promise<string> {
  if (times === 1) return video
  const path = join(folder, `${times}.mp4`)
  const args = ['-loglevel', 'error', '-stream_loop', String(times - 1), '-i', video, '-c', 'copy', path]
  await promisify(execFile)(findBinaries().ffmpeg, args)
  return path
}
