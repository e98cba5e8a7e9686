import { resolve } from 'node:path'
import { isGcsUrl } from '../storage/gcs.js'
import { videoExtensions } from './find-videos.js'
import { tableExtensions } from './read-table.js'

const extension = new RegExp(`\\.(${[...tableExtensions, ...videoExtensions].join('|')})$`, 'i')

/** Whether a part of a path is a pattern. Brackets are found in names too, and a name with them serves as well. */
const isPattern = (part: string): boolean => /[*?{}]/.test(part)

/** The name that a batch has by default: that of its list, as far as a folder of the output tree can have it. */
export function batchNameOf(list: string): string {
  const parts = (isGcsUrl(list) ? list.slice('gs://'.length) : resolve(list)).split('/')
  const last = parts.findLast(part => part !== '' && !isPattern(part)) ?? ''
  const name = last
    .replace(extension, '')
    // Letters without their accents.
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\w.-]+/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 100)
    .replace(/-+$/, '')
  return name === '' ? 'videos' : name
}
