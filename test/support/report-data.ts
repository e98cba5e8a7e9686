import type {
  DropReport,
  Moment,
  ReportData,
  Side,
  StepRow,
  TrackPicture,
  TrackReport,
} from '../../dist/report/data.js'

const seconds = 90
const steps = [
  'detect',
  'pitch-filter',
  'track',
  'crop',
  'remove-background',
  'split',
  'augment',
  'encode',
  'write',
]

/** A picture of one pixel, the default for all pictures of the page. */
export const pixel = 'data:image/gif;base64,R0lGODlhAQABAIAAAMLCwgAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=='

/** Data of a run of a 90-second video, with all parts of a report. Deterministic. */
export function reportData(
  tracks = 25,
  changes: Partial<ReportData> = {},
  picture: (track: number, moment: number, kind: string) => string = () => pixel,
): ReportData {
  return {
    video: {
      name: 'match.mp4',
      guid: 'd9410dd7-ccdd-510d-9309-d9c7382803e1',
      sha256: 'd188f88e374ffb9c0deb862a1e8eb72fc0a9a20603e2d377b4761e529e918977',
      width: 1920,
      height: 1080,
      fps: 25,
      frames: seconds * 25,
      seconds,
      bytes: 12_548_055,
    },
    run: {
      guid: 'f6c4d79b-a6e6-4e49-a532-4e34c421ba38',
      root: 'local/user/process/player-crops/run_f6c4d79b/video_d9410dd7',
      datasetSha256: '5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef',
      finishedAt: '2025-03-01T12:00:00.000Z',
      version: '0.1.0',
      model: {
        name: 'NanoDet-g',
        sha256: 'bddbee431f0a54fc9140b02d791ec01a6db5b84125163163439baa98f354693f',
        licences: [{ of: 'model', licence: 'Apache-2.0' }],
        attribution: [
          { data: 'Volleyball, 48 pictures', licence: 'CC BY 4.0', url: 'https://example.org/volleyball' },
        ],
      },
      images: 4774,
      train: 4516,
      val: 258,
      tracks,
      tracksSeen: tracks + 6,
      cuts: 1,
      wallSeconds: 61.4,
      peakBytes: 718e6,
      omitted: [],
      warnings: ['4 frames could not be decoded and were left out.'],
    },
    options: [
      { flag: '--confidence', value: '0.4', changed: false },
      { flag: '--split-period', value: '6', changed: true },
      { flag: '--augment', value: '3', changed: false },
    ],
    funnel: [
      { label: 'Frames of the video', count: 2250 },
      { label: 'Frames looked at', count: 450, note: '5 per second' },
      { label: 'Found', count: 44_725 },
      { label: 'On the pitch', count: 11_475 },
      { label: 'In a track', count: 6948 },
      { label: 'Crops in train or val', count: 6241 },
      { label: 'Images with variants', count: 21_483 },
    ],
    classes: [
      { name: 'player', images: 4500 },
      { name: 'goalkeeper', images: 274 },
    ],
    steps: steps.map(stepRow),
    bottleneck:
      'Detection bounded the run for 83 % of it: a smaller --input-size or more cores would make it faster.',
    detections: series(90, i => ({
      seconds: i + 0.5,
      found: 95 + Math.round(9 * Math.sin(i / 7)),
      tracked: 15 + Math.round(4 * Math.sin(i / 5)),
    })),
    tracks: series(tracks, i => track(i + 1, picture)),
    tracksLeftOut: 0,
    pairs: series(Math.max(0, Math.min(8, tracks - 2)), i => ({
      tracks: [i + 1, i + 3],
      similarity: 0.97 - i / 10,
      words: 'same kit colors, 1.2 s out of sight, where it was expected, same size',
    })),
    pairsLeftOut: 0,
    histograms: ['Height', 'Width', 'Sharpness', 'Confidence'].map((label, h) => ({
      label,
      unit: h < 2 ? 'px' : '',
      from: 0,
      to: h < 2 ? 240 : 1,
      counts: series(24, i => Math.round(900 * Math.exp(-(((i - 8 - 2 * h) / 5) ** 2)))),
    })),
    drops: drops(picture),
    surface: {
      sentences: ['Its colors were learned from sample frames and from where people stand in them.'],
      colors: [
        { rgb: [244, 126, 120], isCourt: true },
        { rgb: [105, 169, 184], isCourt: false },
      ],
      told: true,
      frames: series(4, () => ({ plain: pixel, marked: pixel, people: { on: 13, around: 8, off: 12 } })),
      filters: ['pitch-filter', 'bystander-filter'],
    },
    timeline: series(60, moment),
    leakage: [
      { name: 'No image stands on both sides', ok: true, detail: '4,774 images with different SHA-256.' },
      { name: 'Only train is augmented', ok: true, detail: '0 variants in val.' },
      { name: 'The gap is kept', ok: true, detail: 'At least 0.6 s between the sides of every track.' },
    ],
    ...changes,
  }
}

/** A run in which nothing was found. */
export function emptyReport(): ReportData {
  const { run } = reportData(0)
  return reportData(0, {
    run: { ...run, images: 0, train: 0, val: 0, cuts: 0, wallSeconds: 0, warnings: [] },
    options: [],
    funnel: [],
    classes: [],
    steps: [],
    detections: [],
    histograms: [],
    drops: [],
    timeline: [],
    leakage: [],
  })
}

/** The data of a written report. */
export function embeddedReport(html: string): ReportData {
  const [data, ...tracks] = [
    ...html.matchAll(/<script type="application\/json" (?:id="data"|class="track")>(.*?)<\/script>/g),
  ].map(([, json = '']) => JSON.parse(json))
  return { ...data, tracks }
}

function series<T>(length: number, make: (index: number) => T): T[] {
  return Array.from({ length }, (_, index) => make(index))
}

/** Track 1 is only in train, every third track was out of sight once; higher ids have fewer sightings. */
function track(id: number, picture: (track: number, moment: number, kind: string) => string): TrackReport {
  const from = (id * 13) % 40
  const to = id === 1 ? from + 20 : from + 48
  const away = id % 3 === 0 ? 6 : 0
  const val = 62
  return {
    id,
    sightings: Math.max(2, 480 - 7 * id),
    images: Math.max(1, 1400 - 20 * id),
    confidence: 0.55 + ((id * 7) % 40) / 100,
    classes: [{ name: 'player', share: 1 }],
    lanes: [
      { from, to: from + 10, side: 'train' as const },
      { from: from + 10 + away, to: Math.min(to, val), side: 'train' as const },
      { from: val, to: val + 1, side: 'gap' as const },
      { from: val + 1, to, side: 'val' as const },
    ].filter(lane => lane.to > lane.from && lane.to <= to),
    pictures: series(6, moment => {
      const at = from + (moment * (to - from)) / 6
      return trackPicture(id, moment, at, at < val ? 'train' : at < val + 1 ? 'gap' : 'val', picture)
    }),
  }
}

function trackPicture(
  id: number,
  moment: number,
  at: number,
  side: Side,
  picture: (track: number, moment: number, kind: string) => string,
): TrackPicture {
  return {
    frame: Math.round(at * 25),
    seconds: at,
    side,
    before: picture(id, moment, 'before'),
    ...(side === 'gap' ? {} : { after: picture(id, moment, 'after') }),
    variants: side === 'train' ? series(3, k => picture(id, moment, `variant ${k + 1}`)) : [],
  }
}

function drops(picture: (track: number, moment: number, kind: string) => string): DropReport[] {
  const reasons = [
    ['pitch-filter', 'off_pitch', 33_250],
    ['track', 'low_confidence', 4500],
    ['split', 'split_gap', 707],
    ['track', 'unconfirmed', 27],
  ] as const
  return reasons.map(([step, reason, count], r) => ({
    step,
    reason,
    kept: false,
    count,
    pictures: series(8, i => ({ frame: 40 * i + 5, picture: picture(r + 1, i % 6, 'before') })),
  }))
}

function stepRow(step: string, index: number): StepRow {
  return {
    step,
    in: 45_000 - 4000 * index,
    out: 41_000 - 4000 * index,
    dropped: index === 1 ? { off_pitch: 33_250 } : {},
    flagged: {},
    workSeconds: index === 0 ? 92.4 : 14.1 / index,
    waitSeconds: 3.2 * index,
    share: index === 0 ? 0.7 : 0.3 / (2 * index),
  }
}

function moment(index: number): Moment {
  return {
    seconds: (index + 1) * 1.02,
    framesPerSecond: index === 0 ? 2 : 7.4 + Math.sin(index / 4),
    imagesPerSecond: index < 3 ? 0 : 340 + 30 * Math.sin(index / 3),
    memoryBytes: 4e8 + 3.1e8 * (1 - Math.exp(-index / 6)),
    busy: index < 2 ? 0.4 : 0.93,
    bottleneck: index < 4 ? 'decode' : index < 52 ? 'detect' : index < 55 ? 'upload' : 'encode',
  }
}
