/** Edits MPEG transport streams as recorders and receivers leave them. */

const packetLength = 188

/** Program tables, and the video that ffmpeg's muxer writes. */
const pids = { tables: [0, 17, 4096], video: 256 }

export function packetsOf(stream: Buffer): Buffer[] {
  return Array.from({ length: Math.floor(stream.length / packetLength) }, (_, i) =>
    Buffer.from(stream.subarray(i * packetLength, (i + 1) * packetLength)),
  )
}

const pidOf = (packet: Buffer): number => packet.readUInt16BE(1) & 0x1fff

export const isVideo = (packet: Buffer): boolean => pidOf(packet) === pids.video

/** What a recording has that was started at a share of the time, which is hardly ever that of a keyframe. */
export function startedAt(stream: Buffer, share: number): Buffer {
  const packets = packetsOf(stream)
  const from = Math.floor(packets.length * share)
  return Buffer.concat(packets.filter((packet, i) => i >= from || pids.tables.includes(pidOf(packet))))
}

/** Numbers the packets anew, so that streams that were put together have no break in their counters. */
export function renumbered(...streams: readonly Buffer[]): Buffer {
  const counters = new Map<number, number>()
  const packets = streams.flatMap(packetsOf)
  for (const packet of packets) {
    const pid = pidOf(packet)
    const counter = ((counters.get(pid) ?? 15) + (hasPayload(packet) ? 1 : 0)) & 15
    counters.set(pid, counter)
    setCounter(packet, counter)
  }
  return Buffer.concat(packets)
}

const hasPayload = (packet: Buffer): boolean => (packet[3]! & 0x10) !== 0

export function setCounter(packet: Buffer, counter: number): void {
  packet[3] = (packet[3]! & 0xf0) | (counter & 15)
}

/** Changes the video's packets; those for which undefined is returned are lost. */
export function editVideo(
  stream: Buffer,
  edit: (packet: Buffer, share: number) => Buffer | undefined,
): Buffer {
  const packets = packetsOf(stream)
  const count = packets.filter(isVideo).length
  let seen = 0
  return Buffer.concat(
    packets.flatMap(packet => (isVideo(packet) ? (edit(packet, seen++ / count) ?? []) : packet)),
  )
}
