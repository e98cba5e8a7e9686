import { randomInt } from 'node:crypto'
import { withoutAddress } from './ffmpeg.js'

/** A finding about the pictures, and the id of the last frame that was decoded before. */
export interface Finding {
  readonly what: string
  readonly after: number
}

/**
 * Reads the error output of ffmpeg, to which `filter` writes a line for each decoded frame, among the messages of
 * ffmpeg. These begin with the tags of the file, which may hold any lines; so no frame counts before a number that the
 * file cannot know.
 */
export class DecodingLog {
  readonly #startMark = `${randomInt(2 ** 47)}.500000`
  #started = false
  /** The first message about damage after the first good picture. */
  damage: Finding | undefined
  /** The first change of the pictures' size or pixel format. */
  change: Finding | undefined
  /** The hardware decoder that `-hwaccel auto` has found. */
  hardware: string | undefined
  /** Id of the last decoded frame. */
  last = Number.NaN

  /** @param onFrame called with the id of each decoded frame. @param onWanted of each wanted one. */
  constructor(
    readonly onFrame: (id: number) => void = () => {},
    readonly onWanted: (id: number) => void = () => {},
  ) {}

  /**
   * The filter that passes the wanted frames and prints the id of every frame, so that the frames are counted as the
   * decoder gives them, and a mark for each wanted one, before its pixels arrive.
   *
   * @param id of a frame, an expression: `pts` or `n`. @param wanted expression that is true for the wanted frames.
   */
  filter(id: string, wanted: string): string {
    return `select='if(eq(n,0),print(${this.#startMark}));print(${id});if(${wanted},2*print(${wantedMark}),0)'`
  }

  take(line: string): void {
    const [, printed] = /^(?:\[Eval @ \w+\] )?(-?\d+\.\d+|-?nan)$/.exec(line) ?? []
    if (!this.#started) {
      this.hardware ??= /^Using auto hwaccel type (\S+)/.exec(line)?.[1]
      this.#started = printed === this.#startMark
    } else if (printed === wantedMark) {
      this.onWanted(this.last)
    } else if (printed !== undefined) {
      this.last = Number(printed.replace(/-?nan/, 'NaN'))
      this.onFrame(this.last)
    } else if (damagePattern.test(line)) {
      this.damage ??= { what: withoutAddress(line), after: this.last }
    } else if (changePattern.test(line)) {
      this.change ??= { what: withoutAddress(line), after: this.last }
    }
  }
}

/** 0.5 as ffmpeg's `print` writes it; ids of frames are whole numbers. */
const wantedMark = '0.500000'

/**
 * Messages of ffmpeg and its decoders about a picture that is missing or concealed, as its versions since
 * 2018 word them. Others, such as those about a continuity counter, are about no picture, or are harmless in a
 * recording that starts between keyframes.
 */
const damagePattern = new RegExp(
  [
    'conceal',
    'error while decoding',
    'corrupt decoded frame',
    'error submitting (a )?packet',
    'error splitting the input',
    'damaged at',
    'error at MB',
    'outside the valid range',
    'error constructing the frame RPS',
    'error y=\\d',
    'overread',
    'EOI missing',
    'error during demuxing',
    ': operation not permitted$',
    ': input/output error$',
    ': invalid data found when processing input$',
  ].join('|'),
  'i',
)

const changePattern = /changing (video )?frame properties on the fly/i
