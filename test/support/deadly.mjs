import { UsageError } from '../../dist/common/errors.js'

// An operator for tests of the runtime, in plain JavaScript because workers load it as it is. Values pass as
// they are; on those whose index is in `on` it does what `how` says, as often as `lives` holds for each: an
// Int32Array that all threads see.
const step = ({ on, how, lives }) => {
  if (how === 'unmade') throw new Error('no such model')
  return value => {
    const i = on.indexOf(value.index ?? value.frame?.index)
    if (i < 0 || (lives && Atomics.sub(lives, i, 1) <= 0)) return [value]
    return ways[how](value)
  }
}

const ways = {
  exit: () => process.exit(7),
  timer: () => {
    setTimeout(() => {
      throw new Error('too late to catch')
    })
    return new Promise(() => {})
  },
  rejection: () => {
    void Promise.reject(new Error('nobody listens'))
    return new Promise(() => {})
  },
  heap: () => {
    // Small objects: one large allocation past the limit would abort the process (nodejs/node#47224).
    let list = null
    for (;;) list = { list }
  },
  recursion: () => ways.recursion() + 1,
  throw: ({ index }) => {
    throw new TypeError(`${index} is not what it seems`)
  },
  said: () => {
    throw new UsageError('the color of the pitch is no color')
  },
}

// Under the name that the test asks for: several stand in one graph.
export const deadly = { operator: new URL(import.meta.url).search.slice(1), step }
