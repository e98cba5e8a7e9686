/** Writes what ffmpeg's muxers cannot: croppings, into the structure of MP4, QuickTime, Matroska and MXF files. */

type Edit = (content: Buffer) => Buffer

/** Numerators and denominators: width, height, horizontal and vertical offset of the center. */
export type Aperture = readonly [number, number, number, number, number, number, number, number]

/** Adds a clean aperture to the first sample entry of a track, by its place among the tracks. */
export function addAperture(file: Buffer, track: number, aperture: Aperture, end = Buffer.alloc(0)): Buffer {
  const numbers = Buffer.alloc(32)
  aperture.forEach((number, i) => {
    numbers.writeInt32BE(number, i * 4)
  })
  const media = ['moov', `trak#${track}`, 'mdia', 'minf', 'stbl']
  const longer = editBox(file, [...media, 'stsd+8', '*+78'], boxes =>
    Buffer.concat([boxes, box('clap', numbers), end]),
  )
  // Positions of samples in the file change if they come after the index.
  const moves = file.indexOf('moov') < file.indexOf('mdat') ? longer.length - file.length : 0
  const tracks = file.toString('latin1').split('trak').length - 1
  return Array.from({ length: tracks }).reduce<Buffer>((moved, _, i) => {
    const path = ['moov', `trak#${i}`, 'mdia', 'minf', 'stbl', 'stco+8']
    return editBox(moved, path, offsets => {
      for (let at = 0; at < offsets.length; at += 4) {
        offsets.writeUInt32BE(offsets.readUInt32BE(at) + moves, at)
      }
      return offsets
    })
  }, longer)
}

export function box(type: string, content: Buffer): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt32BE(8 + content.length)
  header.write(type, 4, 'latin1')
  return Buffer.concat([header, content])
}

/** Edits the box at a path of `type`, `type#n` (the nth of its type) and `type+n` (n bytes of fields before the boxes in it). */
function editBox(boxes: Buffer, [step, ...rest]: readonly string[], edit: Edit): Buffer {
  if (step === undefined) return edit(Buffer.from(boxes))
  const [, type, nth = '0', fields = '0'] = /^(.+?)(?:#(\d+))?(?:\+(\d+))?$/.exec(step) ?? []
  const edited: Buffer[] = []
  let seen = 0
  for (let at = 0; at < boxes.length; ) {
    const size = boxes.readUInt32BE(at)
    const name = boxes.toString('latin1', at + 4, at + 8)
    const content = boxes.subarray(at + 8, at + size)
    if ((type === '*' || name === type) && seen++ === Number(nth)) {
      const before = content.subarray(0, Number(fields))
      edited.push(box(name, Buffer.concat([before, editBox(content.subarray(Number(fields)), rest, edit)])))
    } else {
      edited.push(boxes.subarray(at, at + size))
    }
    at += size
  }
  return Buffer.concat(edited)
}

const ids = { segment: 0x18538067, tracks: 0x1654ae6b, entry: 0xae, video: 0xe0, seekHead: 0x114d9b74 }
const crops = { left: 0x54cc, top: 0x54bb, right: 0x54dd, bottom: 0x54aa }

/** Adds PixelCrop elements to the track at a place among the tracks of a Matroska file. */
export function addPixelCrop(
  file: Buffer,
  track: number,
  cropping: Partial<Record<keyof typeof crops, number>>,
): Buffer {
  const elements = Object.entries(cropping).map(([side, pixels]) =>
    element(crops[side as keyof typeof crops], Buffer.from([pixels >> 8, pixels & 255])),
  )
  const path = [[ids.segment], [ids.tracks], [ids.entry, track], [ids.video]] as const
  return editElement(file, path, video => Buffer.concat([video, ...elements]))
}

/** Moves the tracks of a Matroska file behind its clusters, where only the SeekHead finds them. */
export function moveTracksLast(file: Buffer): Buffer {
  return editElement(file, [[ids.segment]], segment => {
    const kept: Buffer[] = []
    let tracks = Buffer.alloc(0)
    for (const { id, whole } of elementsIn(segment)) {
      if (id === ids.tracks) tracks = Buffer.from(whole)
      else if (id !== ids.seekHead) kept.push(whole)
    }
    const seekHead = (position: number) => {
      const bytes = Buffer.alloc(8)
      bytes.writeBigUInt64BE(BigInt(position))
      const seek = Buffer.concat([element(0x53ab, Buffer.from('1654ae6b', 'hex')), element(0x53ac, bytes)])
      return element(ids.seekHead, element(0x4dbb, seek))
    }
    const rest = Buffer.concat(kept)
    return Buffer.concat([seekHead(seekHead(0).length + rest.length), rest, tracks])
  })
}

/** An EBML element with a size of 8 bytes. */
export function element(id: number, content: Buffer, size: bigint = BigInt(content.length)): Buffer {
  const header = Buffer.alloc(8)
  header.writeBigUInt64BE(size | (1n << 56n))
  const idBytes = Buffer.from(id.toString(16).padStart(2, '0'), 'hex')
  return Buffer.concat([idBytes, header, content])
}

const unknownSize = (1n << 56n) - 1n

/** Edits the element at a path of IDs, each with its place among the elements of that ID. */
function editElement(
  elements: Buffer,
  [step, ...rest]: readonly (readonly [id: number, nth?: number])[],
  edit: Edit,
): Buffer {
  if (step === undefined) return edit(elements)
  const [wanted, nth = 0] = step
  let seen = 0
  return Buffer.concat(
    elementsIn(elements).map(({ id, whole, content, unknown }) => {
      if (id !== wanted || seen++ !== nth) return whole
      const edited = editElement(content, rest, edit)
      return element(id, edited, unknown ? unknownSize : undefined)
    }),
  )
}

function elementsIn(bytes: Buffer) {
  const found: { id: number; whole: Buffer; content: Buffer; unknown: boolean }[] = []
  for (let at = 0; at < bytes.length; ) {
    const idLength = Math.clz32(bytes[at]!) - 23
    const sizeAt = at + idLength
    const sizeLength = Math.clz32(bytes[sizeAt]!) - 23
    const start = sizeAt + sizeLength
    const bits = BigInt(`0x${bytes.toString('hex', sizeAt, start)}`) & ((1n << BigInt(7 * sizeLength)) - 1n)
    const unknown = bits === (1n << BigInt(7 * sizeLength)) - 1n
    const end = unknown ? bytes.length : start + Number(bits)
    const id = bytes.readUIntBE(at, idLength)
    found.push({ id, whole: bytes.subarray(at, end), content: bytes.subarray(start, end), unknown })
    at = end
  }
  return found
}

/** Sets a 32-bit value of the picture descriptor, by its local tag. */
export function setPictureValue(file: Buffer, tag: number, value: number): Buffer {
  const changed = Buffer.from(file)
  const item = Buffer.alloc(4)
  item.writeUInt16BE(tag)
  item.writeUInt16BE(4, 2)
  const descriptor = file.indexOf(Buffer.from('060e2b34025301010d010101010151', 'hex'))
  const at = file.indexOf(item, descriptor)
  if (descriptor < 0 || at < 0) throw new Error(`no tag ${tag.toString(16)} in a picture descriptor`)
  changed.writeInt32BE(value, at + 4)
  return changed
}

/** Sets the duration of one of the first samples of an MP4, which have all the same one: 0 repeats its time. */
export function setDuration(file: Buffer, sample: number, duration: number): Buffer {
  return editBox(file, ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stts+4'], table => {
    const [entries, samples, usual] = [0, 4, 8].map(at => table.readUInt32BE(at)) as [number, number, number]
    const first = [entries + 2, sample, usual, 1, duration, samples - sample - 1, usual]
    const changed = Buffer.alloc(28)
    first.forEach((value, i) => {
      changed.writeUInt32BE(value, i * 4)
    })
    return Buffer.concat([changed, table.subarray(12)])
  })
}
