import type { FrameTimes } from './frame-times.js'
import { hasFieldPackets } from './packet-times.js'
import type { PacketListing } from './packets.js'
import type { VideoStream } from './streams.js'

/** Tells what of a file gives no frame though it is not damaged, so that nothing is lost silently. */
export function unreadNotes(
  { format, end, hasSecondIndex }: PacketListing,
  { packets, fields }: VideoStream,
  { clock }: FrameTimes,
  sizeBytes: number,
): string[] {
  const notes: string[] = []
  const leading = packets.leadingBefore(clock[0]!)
  if (leading > 0) {
    notes.push(
      `the recording begins between keyframes: its first ${leading} packets give no picture, and frame 0 comes after them`,
    )
  }
  // Matroska and MPEG-TS are read to the end.
  if (hasSecondIndex || (format === 'flv' && sizeBytes - end > 0.05 * sizeBytes))
    notes.push('several videos are joined in this file, and only the first is read: take them apart')
  const most = hasFieldPackets(fields) ? packets.length / 2 : packets.length
  if (clock.length + leading < 0.8 * most)
    notes.push(`only ${clock.length} of its ${packets.length} packets give a picture with this ffmpeg`)
  return notes
}
