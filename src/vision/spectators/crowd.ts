import type { Xyxy } from '../../types.js'
import { heightOf } from './stance.js'

/** Distance, in heights, and ratio of the heights up to which people stand or sit together. */
const [near, alike] = [2, 1.6]

/** Number of others near a person who are about as tall. */
export const neighborsOf = (box: Xyxy, people: readonly { readonly box: Xyxy }[]): number =>
  people.filter(other => other.box !== box && isTogether(box, other.box)).length

function isTogether(box: Xyxy, other: Xyxy): boolean {
  const [tall, others] = [heightOf(box), heightOf(other)]
  const across = Math.abs(box[0] + box[2] - other[0] - other[2]) / 2
  const isBeside = across < near * tall && Math.abs(box[3] - other[3]) < near * tall
  return isBeside && others < alike * tall && tall < alike * others
}
