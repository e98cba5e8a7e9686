import { resolve } from 'node:path'

/** Pixels of the largest frame that is accepted (8192 x 8192): a slot of 200 MB. */
export const maxPixels = 2 ** 26

/**
 * What a video may be. The list keeps out playlists and scripts, which under the name of a video would
 * make ffmpeg open other files; the audio formats are there to be told apart from garbage.
 */
const formats =
  'mov,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,h264,hevc,av1,obu,ivf,flv,asf,mxf,ogg,nut,dv,wtv,yuv4mpegpipe,mp3,wav,flac,aac'

/** Bytes of the largest piece of memory that ffmpeg may ask for: a frame of that many pixels fits into it. */
const maxPiece = 2 ** 29

/** Input options that keep ffmpeg and ffprobe to this one file, and to sizes that we can hold. */
export const inputGuards: readonly string[] = [
  ...['-protocol_whitelist', 'file,pipe'],
  ...['-format_whitelist', formats],
  ...['-max_pixels', String(maxPixels)],
  ...['-max_alloc', String(maxPiece)],
]

/** What to do with a file that may be a good video after all. */
export const convert = 'convert it to MP4 or Matroska'

/** Name of a file that no program takes for an option or a URL. */
export function fileUrl(path: string): string {
  return `file:${resolve(path)}`
}

/**
 * The static builds crash on MPEG-TS when glibc loads the character-set converters of the machine, which
 * are of another version than theirs; with nowhere to load from they read service names as plain text.
 */
export const childEnvironment: NodeJS.ProcessEnv = { ...process.env, GCONV_PATH: '/nonexistent' }
