import { type Network, openNetwork } from '../detectors/network.js'
import { type Region, rgbOf } from '../imaging/colors.js'
import { boxIn, type Cutout, wholeBox } from './cutout.js'
import { writePersonInput } from './person-input.js'
import { personMask } from './person-mask.js'
import type { PersonModel } from './person-model.js'
import { inputSize, windowAround } from './person-window.js'

/** Finds the person of a crop by a network. */
export class PersonSegmenter {
  readonly #input = new Float32Array(3 * inputSize.width * inputSize.height)
  /** The call before: calls share the input. */
  #before: Promise<unknown> = Promise.resolve()

  private constructor(readonly network: Network) {}

  static open = async (model: PersonModel): Promise<PersonSegmenter> =>
    new PersonSegmenter(await openNetwork(model))

  /** @returns 255 where the person is, else 0, `width * height` bytes. */
  segment(crop: Cutout): Promise<Uint8Array<ArrayBuffer>> {
    const mask = this.#before.then(() => this.#segment(crop))
    this.#before = mask.catch(() => {})
    return mask
  }

  /** Frees its memory. No call may be running. */
  close(): Promise<void> {
    return this.network.close()
  }

  async #segment(crop: Cutout): Promise<Uint8Array<ArrayBuffer>> {
    const { width, height, origin } = crop
    const box = boxIn(crop)
    const window = windowAround(box)
    const left = origin?.x ?? 0
    const top = origin?.y ?? 0
    const inPicture = { ...window, x: window.x + left, y: window.y + top }
    const region = origin === undefined ? { x: 0, y: 0, width, height } : within(inPicture, origin.frame)
    const rgb = origin === undefined ? crop.rgb : rgbOf(origin.frame, region)
    writePersonInput({ ...region, rgb }, inPicture, this.#input)
    const { person } = await this.network.run({
      image: { type: 'float32', data: this.#input, dims: [1, 3, inputSize.height, inputSize.width] },
    })
    if (person === undefined) throw new Error('the network gave no mask')
    const [, , rows = 0, columns = 0] = person.dims
    const data = person.data as ArrayLike<number> // as its output is float32
    return personMask({ data, width: columns, height: rows }, window, width, height)
  }
}

/** The pixels of a picture that a window touches. */
function within(
  { x, y, width, height }: Region,
  picture: { readonly width: number; readonly height: number },
) {
  const [x1, y1, x2, y2] = wholeBox([x, y, x + width, y + height], picture.width, picture.height)
  return { x: x1, y: y1, width: x2 - x1, height: y2 - y1 }
}
