import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { findBinaries } from '../../dist/sources/ffmpeg-binaries.js'

/** Encodes RGB frames, one at a time, as H.264 in BT.709, with chroma where ffmpeg's `scale` places it. */
export interface Encoder {
  /** Resolves when `rgb` may be overwritten. */
  write(rgb: Uint8ClampedArray): Promise<void>
  /** Resolves when the file is complete. */
  close(): Promise<void>
}

export function encodeVideo(path: string, width: number, height: number, fps: number, crf: number): Encoder {
  const args =
    `-v error -y -f rawvideo -pix_fmt rgb24 -s ${width}x${height} -r ${fps} -i pipe:0 -an ` +
    `-vf scale=out_color_matrix=bt709:out_range=tv,format=yuv420p -c:v libx264 -preset veryfast -crf ${crf} -g 50 ` +
    '-colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv -chroma_sample_location center -fflags +bitexact -movflags +faststart'
  const child = spawn(findBinaries().ffmpeg, [...args.split(' '), path], {
    stdio: ['pipe', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', data => {
    stderr += data
  })
  const ended = once(child, 'close').then(([code]) => {
    if (code !== 0) throw new Error(`ffmpeg ended with ${code} while writing ${path}: ${stderr.trim()}`)
  })
  // `write` and `close` report the failure; a broken pipe is only a consequence of it.
  ended.catch(() => {})
  child.stdin.on('error', () => {})
  return {
    async write(rgb) {
      const bytes = new Uint8Array(rgb.buffer, rgb.byteOffset, rgb.byteLength)
      // The bytes are in use until the callback, not only until the pipe has room.
      const broken = await new Promise(resolve => child.stdin.write(bytes, resolve))
      if (broken) await ended
    },
    async close() {
      child.stdin.end()
      await ended
    },
  }
}
