import { execFile } from 'node:child_process'
import { open, readFile, truncate, writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, test } from 'vitest'
import { randomFor } from '../../dist/common/random.js'
import { readCropping } from '../../dist/sources/cropping.js'
import { binaries, clipFolder, ffmpeg } from '../support/clips.js'
import {
  type Aperture,
  addAperture,
  addPixelCrop,
  box,
  element,
  moveTracksLast,
  setPictureValue,
} from '../support/containers.js'
import { ffmpegBuilds } from '../support/ffmpeg-builds.js'
import { mutantOf } from '../support/hostile/mutations.js'

const clip = clipFolder()

const sound = ['-f', 'lavfi', '-i', 'sine=d=0.4']
const scene = (size: string, rate = '25') => ['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=${rate}:d=0.4`]
const h264 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p']

const newest = ffmpegBuilds.find(({ name }) => name === 'the newest build')

/** 704 of 720 columns, as for analog video; DV and ProRes files have it. */
const narrow: Aperture = [704, 1, 576, 1, 0, 1, 0, 1]

interface StreamFields {
  readonly index: number
  readonly id?: string
  readonly width: number
  readonly height: number
  readonly side_data_list?: readonly Record<string, number>[]
}

/** A stream as ffprobe sees it, and the container. */
async function probeStream(path: string, select = 'V:0', ffprobe = binaries.ffprobe) {
  const entries = 'stream=index,id,width,height:stream_side_data:format=format_name'
  const args = ['-v', 'error', '-select_streams', select, '-show_entries', entries, '-of', 'json', path]
  const { stdout } = await promisify(execFile)(ffprobe, args)
  const { streams, format } = JSON.parse(stdout) as {
    streams: readonly StreamFields[]
    format: { format_name: string }
  }
  return { stream: streams[0]!, format: format.format_name }
}

async function croppingOf(path: string, select?: string) {
  const { stream, format } = await probeStream(path, select)
  return readCropping(path, format, { ...stream, id: stream.id })
}

/** Writes a changed copy of a clip. */
async function change(from: string, to: string, edit: (bytes: Buffer) => Buffer): Promise<string> {
  await writeFile(clip(to), edit(await readFile(clip(from))))
  return clip(to)
}

beforeAll(async () => {
  await ffmpeg(...sound, ...scene('720x576'), '-map', '0', '-map', '1', ...h264, clip('pal.mp4'))
  await ffmpeg(
    '-i',
    clip('pal.mp4'),
    '-map',
    '0',
    '-c',
    'copy',
    '-movflags',
    '+faststart',
    clip('faststart.mp4'),
  )
  await ffmpeg('-i', clip('pal.mp4'), '-map', '0', '-c', 'copy', clip('pal.mkv'))
})

describe('MP4 and QuickTime', () => {
  // Otherwise the black columns beside analog video would stay in the frames.
  test.each([
    ['h264.mp4', h264],
    ['prores.mov', ['-c:v', 'prores']],
    ['mjpeg.mov', ['-c:v', 'mjpeg']],
    ['dv.mov', ['-c:v', 'dvvideo', '-pix_fmt', 'yuv420p']],
  ])('the clean aperture of %s', async (name, codec) => {
    await ffmpeg(...scene('720x576'), ...codec, clip(name))
    expect(await croppingOf(clip(name))).toBeUndefined()
    const path = await change(name, `clap-${name}`, bytes => addAperture(bytes, 0, narrow))
    expect(await croppingOf(path)).toEqual({ left: 8, top: 0, right: 8, bottom: 0 })
  })

  // Otherwise the box would be missed in files for streaming, or ffmpeg could not read the test's own file.
  test.each(['pal.mp4', 'faststart.mp4'])('the second track of %s', async name => {
    const path = await change(name, `second-${name}`, bytes => addAperture(bytes, 1, narrow))
    expect(await croppingOf(path)).toEqual({ left: 8, top: 0, right: 8, bottom: 0 })
    await ffmpeg('-i', path, '-f', 'null', '-')
  })

  // Otherwise the picture would be cut by the aperture of another camera in the file.
  test('each track has its own', async () => {
    const inputs = [...scene('720x576'), ...scene('640x480')]
    await ffmpeg(...inputs, '-map', '0', '-map', '1', ...h264, clip('two.mp4'))
    const path = await change('two.mp4', 'two-clap.mp4', bytes => {
      const first = addAperture(bytes, 0, [720, 1, 560, 1, 0, 1, 0, 1])
      return addAperture(first, 1, [600, 1, 480, 1, 10, 1, 0, 1])
    })
    expect(await croppingOf(path, 'v:0')).toEqual({ left: 0, top: 8, right: 0, bottom: 8 })
    expect(await croppingOf(path, 'v:1')).toEqual({ left: 30, top: 0, right: 10, bottom: 0 })
  })

  // Otherwise chroma would be shifted, or a size differ from that of ffmpeg 7.1 by a column.
  test.each<[string, Aperture, object]>([
    ['PAL of QuickTime, 702.9 columns', [41472, 59, 576, 1, 0, 1, 0, 1], { left: 8, right: 9 }],
    ['702 columns, an odd offset', [702, 1, 576, 1, 0, 1, 0, 1], { left: 8, right: 10 }],
    [
      'a center that is not that of the frame',
      [700, 1, 570, 1, -5, 1, 5, 2],
      { left: 4, right: 16, top: 4, bottom: 2 },
    ],
    ['one row', [720, 1, 575, 1, 0, 1, 1, 2], { top: 0, bottom: 1 }],
    ['fractions that add up', [2110, 3, 576, 1, 2, 3, 0, 1], { left: 8, right: 9 }],
  ])('%s', async (name, aperture, expected) => {
    const path = await change('pal.mp4', `${name}.mp4`, bytes => addAperture(bytes, 1, aperture))
    expect(await croppingOf(path)).toEqual({ left: 0, top: 0, right: 0, bottom: 0, ...expected })
  })

  // Otherwise a damaged or malicious box would end the run, or leave no picture.
  test.each<[string, Aperture]>([
    ['the whole frame', [720, 1, 576, 1, 0, 1, 0, 1]],
    ['zero denominators', [704, 0, 576, 1, 0, 1, 0, 1]],
    ['a zero denominator of an offset', [704, 1, 576, 1, 0, 1, 0, 0]],
    ['no width', [0, 1, 576, 1, 0, 1, 0, 1]],
    ['a negative height', [704, 1, -576, 1, 0, 1, 0, 1]],
    ['more than the frame', [800, 1, 576, 1, 0, 1, 0, 1]],
    ['beyond the frame', [704, 1, 576, 1, 9, 1, 0, 1]],
    ['outside the frame', [704, 1, 576, 1, -2147483648, 1, 0, 1]],
  ])('an aperture of %s is ignored', async (name, aperture) => {
    const path = await change('pal.mp4', `${name}.mp4`, bytes => addAperture(bytes, 1, aperture))
    expect(await croppingOf(path)).toBeUndefined()
  })

  // Otherwise the rectangle of a larger frame would be cut out of a smaller one, at the wrong place.
  test('an aperture in a frame of another size than decoded is ignored', async () => {
    const path = await change('pal.mp4', 'other-size.mp4', bytes => addAperture(bytes, 1, narrow))
    const { stream, format } = await probeStream(path)
    const smaller = { index: 1, id: stream.id, width: 704, height: 576 }
    expect(await readCropping(path, format, smaller)).toBeUndefined()
  })

  // Otherwise the four zero bytes with which QuickTime ends a description would be a box without end.
  test('a QuickTime terminator', async () => {
    await ffmpeg(...scene('720x576'), '-c:v', 'mjpeg', clip('ended.mov'))
    const path = await change('ended.mov', 'clap-ended.mov', bytes =>
      addAperture(bytes, 0, narrow, Buffer.alloc(4)),
    )
    expect(await croppingOf(path)).toEqual({ left: 8, top: 0, right: 8, bottom: 0 })
  })

  // Otherwise a long recording would be read to its end, or its 64-bit size be misread.
  test('behind 20 GB of samples', async () => {
    const bytes = addAperture(await readFile(clip('pal.mp4')), 1, narrow)
    const moov = bytes.indexOf('moov') - 4
    const size = 20e9
    const mdat = Buffer.alloc(16)
    mdat.writeUInt32BE(1)
    mdat.write('mdat', 4, 'latin1')
    mdat.writeBigUInt64BE(BigInt(size), 8)
    await writeFile(clip('long.mp4'), mdat)
    await truncate(clip('long.mp4'), size)
    await using file = await open(clip('long.mp4'), 'r+')
    await file.write(bytes.subarray(moov), 0, bytes.length - moov, size)
    const stream = { index: 1, id: '0x2', width: 720, height: 576 }
    expect(await readCropping(clip('long.mp4'), 'mov,mp4,m4a', stream)).toMatchObject({ left: 8 })
  })
})

describe('Matroska and WebM', () => {
  const cropping = { left: 10, top: 20, right: 31, bottom: 41 }

  // Otherwise the letterbox that mkvpropedit hides would stay in the frames.
  test('PixelCrop of the second track', async () => {
    expect(await croppingOf(clip('pal.mkv'))).toBeUndefined()
    const path = await change('pal.mkv', 'crop.mkv', bytes => addPixelCrop(bytes, 1, cropping))
    expect(await croppingOf(path)).toEqual(cropping)
    await ffmpeg('-i', path, '-f', 'null', '-')
  })

  // Otherwise chroma would be shifted.
  test('odd offsets move by one', async () => {
    const path = await change('pal.mkv', 'odd.mkv', bytes => addPixelCrop(bytes, 1, { left: 9, top: 1 }))
    expect(await croppingOf(path)).toEqual({ left: 8, top: 0, right: 1, bottom: 1 })
  })

  // Otherwise the crop of a live recording, whose sizes are unknown, would be missed.
  test('WebM without sizes', async () => {
    const vp8 = ['-c:v', 'libvpx', '-deadline', 'realtime', '-f', 'webm', '-live', '1']
    await ffmpeg(...scene('320x240'), ...vp8, clip('live.webm'))
    const path = await change('live.webm', 'crop.webm', bytes => addPixelCrop(bytes, 0, { bottom: 8 }))
    expect(await croppingOf(path)).toEqual({ left: 0, top: 0, right: 0, bottom: 8 })
  })

  // Otherwise an unusual but valid order would hide the crop.
  test('tracks behind the clusters', async () => {
    const path = await change('pal.mkv', 'last.mkv', bytes =>
      moveTracksLast(addPixelCrop(bytes, 1, cropping)),
    )
    expect(await croppingOf(path)).toEqual(cropping)
  })

  // Otherwise a track that is no stream, such as the buttons of a DVD, would shift the count.
  test('tracks that ffmpeg leaves out', async () => {
    const path = await change('pal.mkv', 'buttons.mkv', bytes => {
      const cropped = addPixelCrop(bytes, 1, cropping)
      // The type of the first track, audio, becomes buttons.
      cropped[cropped.indexOf(Buffer.from([0x83, 0x81, 2])) + 2] = 0x12
      return cropped
    })
    expect((await probeStream(path)).stream.index).toBe(0)
    expect(await croppingOf(path)).toEqual(cropping)
  })

  // Otherwise a crop that leaves nothing would end the run, or one for frames of another size cut these.
  test('nonsense is ignored', async () => {
    const read = async (cropped: Parameters<typeof addPixelCrop>[2], width: number) => {
      const path = await change('pal.mkv', 'nonsense.mkv', bytes => addPixelCrop(bytes, 1, cropped))
      return readCropping(path, 'matroska,webm', { index: 1, id: undefined, width, height: 576 })
    }
    expect(await read({ left: 400, right: 320 }, 720)).toBeUndefined()
    expect(await read(cropping, 704)).toBeUndefined()
  })
})

describe('MXF', () => {
  const d10 = [
    '-c:v',
    'mpeg2video',
    '-pix_fmt',
    'yuv422p',
    '-flags',
    '+ildct+low_delay',
    '-g',
    '1',
    '-dc',
    '10',
  ]
  const rates = [
    '-b:v',
    '30M',
    '-minrate',
    '30M',
    '-maxrate',
    '30M',
    '-bufsize',
    '2M',
    '-rc_init_occupancy',
    '2M',
  ]
  const intra = ['-intra_vlc', '1', '-non_linear_quant', '1', '-qmin', '1', '-qmax', '12', '-f', 'mxf_d10']

  // Otherwise each frame would have teletext and timecode, seen as white dashes, above the picture.
  test.each([
    ['720x608', '25', { left: 0, top: 32, right: 0, bottom: 0 }],
    ['720x512', '30000/1001', { left: 0, top: 26, right: 0, bottom: 0 }],
  ])('the VBI lines of IMX, %s', async (size, rate, expected) => {
    const path = clip(`${size}.mxf`)
    await ffmpeg(...scene(size, rate), ...d10, ...rates, ...intra, path)
    const { stream } = await probeStream(path)
    expect(`${stream.width}x${stream.height}`).toBe(size)
    expect(await croppingOf(path)).toEqual(expected)
  })

  // Otherwise the padding to macroblocks, which the decoder removes, would be cut from the picture.
  test.each(['progressive', 'interlaced'])('nothing of %s 1080 lines', async kind => {
    const path = clip(`${kind}.mxf`)
    const fields = kind === 'interlaced' ? ['-flags', '+ildct+ilme'] : []
    await ffmpeg(...scene('1920x1080'), '-c:v', 'mpeg2video', ...fields, '-frames:v', '2', path)
    expect((await probeStream(path)).stream.height).toBe(1080)
    expect(await croppingOf(path)).toBeUndefined()
  })

  // Otherwise a rectangle in whole frames would be read as one in fields, or nonsense end the run.
  test('the display rectangle of whole frames', async () => {
    await ffmpeg(...scene('720x576'), '-c:v', 'mpeg2video', clip('frames.mxf'))
    const [displayWidth, displayXOffset, displayHeight] = [0x3209, 0x320a, 0x3208]
    const path = await change('frames.mxf', 'narrow.mxf', bytes =>
      setPictureValue(setPictureValue(bytes, displayWidth, 704), displayXOffset, 8),
    )
    expect(await croppingOf(path)).toEqual({ left: 8, top: 0, right: 8, bottom: 0 })
    for (const [tag, value] of [
      [displayWidth, 0],
      [displayXOffset, -8],
      [displayHeight, -1],
    ] as const) {
      await change('frames.mxf', 'nonsense.mxf', bytes => setPictureValue(bytes, tag, value))
      expect(await croppingOf(clip('nonsense.mxf'))).toBeUndefined()
    }
  })
})

// Otherwise a format without a cropping would be read as another.
test('other containers have none', async () => {
  const path = await change('pal.mkv', 'other.mkv', bytes => addPixelCrop(bytes, 1, { left: 8 }))
  const stream = { index: 1, id: undefined, width: 720, height: 576 }
  expect(await readCropping(path, 'avi', stream)).toBeUndefined()
  expect(await readCropping(path, 'mpegts', stream)).toBeUndefined()
})

// Otherwise a run with a new ffmpeg would use another part of the frames than one with an old ffmpeg.
test.skipIf(newest === undefined)('the same as ffprobe reads since 7.1', async () => {
  const random = randomFor('cropping', 2)
  const upTo = (largest: number) => Math.floor(random() * (largest + 1))
  const check = async (path: string) => {
    const { stream } = await probeStream(path, 'V:0', newest?.binaries.ffprobe)
    const declared = stream.side_data_list?.find(data => 'crop_left' in data)
    const found = await croppingOf(path)
    if (declared === undefined) return expect(found).toBeUndefined()
    const { crop_left: x = 0, crop_top: y = 0, crop_right: right = 0, crop_bottom: bottom = 0 } = declared
    const [moveX, moveY] = [x % 2, y % 2]
    const moved = { left: x - moveX, top: y - moveY, right: right + moveX, bottom: bottom + moveY }
    return expect(found).toEqual(moved)
  }
  for (let number = 0; number < 24; number++) {
    const [w, h, x, y] = [1 + upTo(8), 1 + upTo(8), 1 + upTo(8), 1 + upTo(8)]
    const size = [1 + upTo(720 * w), w, 1 + upTo(576 * h), h] as const
    const aperture: Aperture = [...size, upTo(40) - 20, x, upTo(40) - 20, y]
    await check(await change('pal.mp4', 'random.mp4', bytes => addAperture(bytes, 1, aperture)))
    const borders = { left: upTo(200), top: upTo(200), right: upTo(200), bottom: upTo(200) }
    await check(await change('pal.mkv', 'random.mkv', bytes => addPixelCrop(bytes, 1, borders)))
  }
})

describe('broken files', () => {
  const stream = { index: 1, id: '0x2', width: 720, height: 576 }
  const formats = { mp4: 'mov,mp4,m4a,3gp,3g2,mj2', mkv: 'matroska,webm', mxf: 'mxf' }

  /** A cropping must be one of this frame. */
  const read = async (bytes: Buffer, format: string) => {
    await writeFile(clip('broken'), bytes)
    const cropping = await readCropping(clip('broken'), format, stream)
    if (cropping === undefined) return
    const { left, top, right, bottom } = cropping
    for (const border of [left, top, right, bottom]) expect(border).toBeGreaterThanOrEqual(0)
    expect(left + right).toBeLessThan(720)
    expect(top + bottom).toBeLessThan(576)
  }

  // Otherwise one flipped bit in a file that ffmpeg can decode would end the run.
  test('are read without an error', async () => {
    await ffmpeg(...scene('720x576'), '-c:v', 'mpeg2video', '-frames:v', '1', clip('base.mxf'))
    const bases = [
      { name: 'clap.mp4', bytes: addAperture(await readFile(clip('pal.mp4')), 1, narrow) },
      { name: 'crop.mkv', bytes: addPixelCrop(await readFile(clip('pal.mkv')), 1, { left: 8 }) },
      { name: 'display.mxf', bytes: setPictureValue(await readFile(clip('base.mxf')), 0x3209, 704) },
    ]
    for (let number = 0; number < 600; number++) {
      const { bytes, extension } = mutantOf(bases, 1, number)
      await read(bytes, formats[extension.slice(1) as keyof typeof formats])
    }
    const random = randomFor('cropping', 1)
    for (const format of Object.values(formats)) {
      for (let length = 0; length < 64; length++) {
        await read(Buffer.from(Array.from({ length }, () => Math.floor(random() * 256))), format)
      }
    }
  })

  // Otherwise a file of empty boxes would keep the run busy for hours.
  test('are given up after some reads', async () => {
    const started = performance.now()
    await read(box('moov', Buffer.concat(Array<Buffer>(1e6).fill(box('trak', Buffer.alloc(0))))), formats.mp4)
    const empty = Buffer.alloc(2e6, element(0xec, Buffer.alloc(0)))
    await read(element(0x18538067, empty), formats.mkv)
    const fill = Buffer.from('060e2b3401010102030102100100000000', 'hex')
    const partition = Buffer.from('060e2b34020501010d0102010102010000', 'hex')
    await read(Buffer.concat([partition, Buffer.alloc(17e5, fill)]), formats.mxf)
    expect(performance.now() - started).toBeLessThan(10_000)
  })
})
