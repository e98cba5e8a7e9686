/**
 * Makes H.264 of field pictures (PAFF), which ffmpeg cannot encode: each frame is two pictures, one of the even rows and
 * one of the odd ones. All blocks are I_PCM, of one gray a field.
 */

/** Blocks of 16x16 pixels in a frame; a field has half of the rows. */
const [blocksWide, blocksHigh] = [4, 4]

export const fieldPictureSize = { width: blocksWide * 16, height: blocksHigh * 16 }

/** The fields' lumas, two a frame, as NAL units: the first of each is decodable by itself. */
export function fieldPictures(lumas: readonly number[]): Buffer[] {
  return lumas.map((luma, i) => {
    const bottom = i % 2
    const headers = bottom ? [] : [nal(0x67, sequence()), nal(0x68, picture())]
    return Buffer.concat([delimiter, ...headers, nal(0x65, slice(luma, bottom, (i >> 1) & 15))])
  })
}

/** IVF, a container of packets with times. */
export function ivf(packets: readonly Buffer[], packetsPerSecond: number): Buffer {
  const header = Buffer.alloc(32)
  header.write('DKIF\0\0\x20\0H264', 'latin1')
  header.writeUInt16LE(fieldPictureSize.width, 12)
  header.writeUInt16LE(fieldPictureSize.height, 14)
  header.writeUInt32LE(packetsPerSecond, 16)
  header.writeUInt32LE(1, 20)
  header.writeUInt32LE(packets.length, 24)
  return Buffer.concat([
    header,
    ...packets.flatMap((packet, i) => {
      const start = Buffer.alloc(12)
      start.writeUInt32LE(packet.length)
      start.writeUInt32LE(i, 4)
      return [start, packet]
    }),
  ])
}

const delimiter = Buffer.from([0, 0, 0, 1, 0x09, 0x10])

/** Main profile, level 3, field pictures. */
function sequence(): Bits {
  const bits = new Bits().fixed(8, 77).fixed(8, 0).fixed(8, 30)
  // Id, 16 frame numbers, order of pictures as decoded, one reference frame.
  bits.unsigned(0).unsigned(0).unsigned(2).unsigned(1).fixed(1, 0)
  // Size in blocks, of a field for the height; field pictures; no cropping, no further information.
  return bits
    .unsigned(blocksWide - 1)
    .unsigned(blocksHigh / 2 - 1)
    .fixed(1, 0)
    .fixed(1, 0)
    .fixed(1, 1)
    .fixed(1, 0)
    .fixed(1, 0)
}

function picture(): Bits {
  // Ids, CAVLC, pictures of two fields say no more of their order, one slice, references, no weights, quantizers.
  const bits = new Bits().unsigned(0).unsigned(0).fixed(1, 0).fixed(1, 0).unsigned(0).unsigned(0).unsigned(0)
  return bits.fixed(3, 0).unsigned(0).unsigned(0).unsigned(0).fixed(1, 1).fixed(2, 0)
}

function slice(luma: number, bottom: number, frame: number): Bits {
  // First block, type I, picture parameters, a field.
  const bits = new Bits().unsigned(0).unsigned(7).unsigned(0).fixed(4, 0).fixed(1, 1).fixed(1, bottom)
  // The picture's number among those that start anew, no long-term references, quantizer, no deblocking.
  bits.unsigned(frame).fixed(2, 0).unsigned(0).unsigned(1)
  for (let i = 0; i < (blocksWide * blocksHigh) / 2; i++) {
    bits.unsigned(25).align()
    for (let k = 0; k < 256; k++) bits.fixed(8, luma)
    for (let k = 0; k < 128; k++) bits.fixed(8, 128)
  }
  return bits
}

/** A NAL unit: with a stop bit, and without start codes within. */
function nal(type: number, bits: Bits): Buffer {
  const bytes: number[] = [0, 0, 0, 1, type]
  let zeros = 0
  for (const byte of bits.fixed(1, 1).align().bytes()) {
    if (zeros >= 2 && byte <= 3) {
      bytes.push(3)
      zeros = 0
    }
    bytes.push(byte)
    zeros = byte === 0 ? zeros + 1 : 0
  }
  return Buffer.from(bytes)
}

class Bits {
  #text = ''

  fixed(length: number, value: number): this {
    this.#text += value.toString(2).padStart(length, '0')
    return this
  }

  /** Exp-Golomb code. */
  unsigned(value: number): this {
    const code = (value + 1).toString(2)
    this.#text += code.padStart(code.length * 2 - 1, '0')
    return this
  }

  align(): this {
    this.#text = this.#text.padEnd(Math.ceil(this.#text.length / 8) * 8, '0')
    return this
  }

  bytes(): number[] {
    return (this.#text.match(/.{8}/g) ?? []).map(byte => Number.parseInt(byte, 2))
  }
}
