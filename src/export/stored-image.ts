import type { ExportImage } from './contract.js'

/** An image as a run stores it, without what the export adds. */
export type StoredImage = Omit<ExportImage, 'run' | 'identity'> & { readonly trackId: number }

/** The same without its picture. */
export type LocatedImage = Omit<StoredImage, 'jpeg'>

/** Path of an image of the dataset, with `--layout files`. */
export const imagePath = /^datasets\/(train|val)\/track_(\d+)\/crop_frame_(\d+)_det_(\d+)(?:_aug(\d+))?\.jpg$/

/** Path of a shard of images, with `--layout shards`. */
export const shardPath = /^datasets\/(train|val)\/\1-\d+\.tar$/
