import type { Detection } from '../../types.js'
import type { OnnxFile } from './onnx-file.js'

/** How a picture becomes the input of a network, as in its training. */
export interface Preprocessing {
  /**
   * Letterboxed at the top left corner or at the center, or stretched, to a square where the size is free. `none`: as it
   * is, for a network that resizes pictures itself; stretched where the file fixes the size all the same.
   */
  readonly fit: 'corner' | 'center' | 'stretch' | 'none'
  /** Of the sides of a letterboxed picture, to pixels. `down` scales boxes by the unrounded factor. Default `nearest`. */
  readonly rounding?: 'nearest' | 'down'
  /** Value of the padding in each channel, 0 to 255; `mean` pads with the mean color. */
  readonly pad: number | 'mean'
  readonly channels: 'RGB' | 'BGR'
  /** In the order of the channels, of values from 0 to 255: the network sees (value - mean) / std. */
  readonly mean: Triple
  readonly std: Triple
  /**
   * Bilinear: of floats, halved first where less than half is left; the same `unfiltered`, as torchvision without
   * antialiasing; as OpenCV resizes, to 8 bits; or as it warps, to 8 bits with the corners of both pictures aligned. Or
   * with antialiasing, as in Pillow and torchvision.
   */
  readonly resampling: 'bilinear' | 'unfiltered' | 'opencv-resize' | 'opencv-warp' | 'antialiased'
  /** Both sides of an input of free size are multiples of this many pixels. */
  readonly multiple: number
}

export type Triple = readonly [number, number, number]

/** Defaults of the options that depend on the model. */
export interface ModelDefaults {
  /** Least score of a player, 0 to 1. */
  readonly confidence: number
  /** Boxes down to this share of the confidence can continue a track. */
  readonly faint: number
  /** IoU above which the less confident of two boxes is removed, 0 to 1. */
  readonly nmsIou: number
  /** Long side of the input, in pixels, where the file leaves it free. */
  readonly inputSize: number
}

/** What a family knows of a file that it recognizes. */
export interface Traits {
  readonly preprocessing: Preprocessing
  /** Names by class id, or their number; `untold` where the file does not tell even that. */
  readonly classes: readonly string[] | number | 'untold'
  /** Which boxes suppress each other after decoding: those of one class, all, or none where the network did it. */
  readonly nms: 'class' | 'all' | 'none'
  readonly defaults: ModelDefaults
  /** What the user should know, such as that only the boxes of a segmentation model are used. */
  readonly notes?: readonly string[]
}

/** An output of the network for one picture, as floats of any type. */
export interface Output {
  readonly data: Float32Array
  readonly dims: readonly number[]
}

export type Outputs = Readonly<Record<string, Output>>

/** Thrown by a decoding for outputs that are not those of its family; the message continues "The model X ". */
export class UnfitOutput extends Error {}

/** @throws UnfitOutput for a name that the file does not declare. */
export function outputNamed(outputs: Outputs, name: string): Output {
  const output = outputs[name]
  if (output === undefined) throw new UnfitOutput(`has no output ${name}`)
  return output
}

/** What decoding needs besides the outputs. */
export interface DecodeContext {
  readonly inputWidth: number
  readonly inputHeight: number
  /** Lowest score to return. */
  readonly confidence: number
  /** For a family that suppresses boxes itself. */
  readonly nmsIou: number
  /** True for the class ids to return. */
  readonly isWanted: (classId: number) => boolean
}

/** Boxes in pixels of the input, in any order, before non-maximum suppression. */
export type Decode = (outputs: Outputs, context: DecodeContext) => readonly Detection[]

/** A file that a family recognizes: what is known of it, and how to run it. */
export interface Recognized extends Traits {
  /** Creates the decoding, once for each session. @param classes names by class id. */
  decoder(classes: readonly string[]): Decode
  /** Further inputs, by name, besides the picture. */
  extraInputs?(inputWidth: number, inputHeight: number): Readonly<Record<string, ExtraInput>>
}

/** Networks that share preprocessing and decoding. */
export interface Family {
  /** For `--model-family`. */
  readonly name: string
  /** Inputs and outputs of its files, for the error about a file that no family recognizes. */
  readonly expects: string
  /** Memory for each pixel of the input besides the weights, measured; where it is less than of any network. */
  readonly bytesPerPixel?: number
  /** Undefined for a file of another family. */
  recognize(file: OnnxFile): Recognized | undefined
}

export interface ExtraInput {
  readonly type: 'int64' | 'float32'
  readonly data: BigInt64Array | Float32Array
  readonly dims: readonly number[]
}
