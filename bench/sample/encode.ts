import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { findBinaries } from '../../dist/sources/ffmpeg-binaries.js'

/** H.264 of BT.709, fed one RGB frame at a time. */
export interface Encoder {
  /** Resolves when `rgb` may be painted over. */
  write(rgb: Uint8ClampedArray): Promise<void>
  /** Resolves when the file is complete. */
  close(): Promise<void>
}

export function encodeVideo(path: string, width: number, height: number, fps: number): Encoder {
  const args =
    `-v error -y -f rawvideo -pix_fmt rgb24 -s ${width}x${height} -r ${fps} -i pipe:0 -an ` +
    '-vf scale=out_color_matrix=bt709:out_range=tv,format=yuv420p -c:v libx264 -preset veryfast -crf 20 -g 50 ' +
    '-colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv -fflags +bitexact -movflags +faststart'
  const child = spawn(findBinaries().ffmpeg, [...args.split(' '), path], {
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  let said = ''
  child.stderr.on('data', data => {
    said += data
  })
  const ended = once(child, 'close').then(([code]) => {
    if (code !== 0) throw new Error(`ffmpeg ended with ${code} while writing ${path}: ${said.trim()}`)
  })
  // Whoever waits on `ended` is told; a broken pipe only repeats it.
  ended.catch(() => {})
  child.stdin.on('error', () => {})
  return {
    async write(rgb) {
      const bytes = new Uint8Array(rgb.buffer, rgb.byteOffset, rgb.byteLength)
      // The pipe is done with the bytes when the callback comes, not when it has room again.
      const broken = await new Promise(resolve => child.stdin.write(bytes, resolve))
      if (broken) await ended
    },
    async close() {
      child.stdin.end()
      await ended
    },
  }
}
