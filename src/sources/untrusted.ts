import { resolve } from 'node:path'

/** Pixels of the largest accepted frame (8192 x 8192), which needs a slot of 200 MB. */
export const maxPixels = 2 ** 26

/**
 * Accepted container formats. Playlists and scripts are not among them, since they would make ffmpeg open other
 * files. Audio formats are, so that the error for an audio file says that it has no video.
 */
const formats =
  'mov,matroska,webm,avi,mpegts,mpeg,mpegvideo,m4v,h264,hevc,av1,obu,ivf,flv,asf,mxf,ogg,nut,dv,wtv,yuv4mpegpipe,mp3,wav,flac,aac'

/** Bytes of ffmpeg's largest single allocation; a frame of `maxPixels` fits. */
const maxAllocation = 2 ** 29

/** Input options that restrict ffmpeg and ffprobe to this one file and bound its frame size and allocations. */
export const inputGuards: readonly string[] = [
  ...['-protocol_whitelist', 'file,pipe'],
  ...['-format_whitelist', formats],
  ...['-max_pixels', String(maxPixels)],
  ...['-max_alloc', String(maxAllocation)],
]

/** Advice for an error about a file that may still be a good video. */
export const conversionAdvice = 'convert it to MP4 or Matroska'

/** The file as a URL, which ffmpeg cannot take for an option or another protocol. */
export function fileUrl(path: string): string {
  return `file:${resolve(path)}`
}

/**
 * The bundled static builds crash on MPEG-TS when glibc loads the system's character-set converters, which have a
 * different version. With an empty GCONV_PATH none are loaded, and service names are read as plain text.
 */
export const childEnvironment: NodeJS.ProcessEnv = { ...process.env, GCONV_PATH: '/nonexistent' }
