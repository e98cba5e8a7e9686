import { UsageError } from '../../dist/common/errors.js'

// An operator for tests of the runtime, in plain JavaScript because workers load it without a build. Values pass
// unchanged, except those with an index in `on`: for them it fails as in `how`, at most as often as in `lives`, an
// Int32Array shared by all threads.
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
    void Promise.reject(new Error('unhandled'))
    return new Promise(() => {})
  },
  heap: () => {
    // Small objects: one large allocation past the limit would abort the process (nodejs/node#47224).
    let list = null
    for (;;) list = { list }
  },
  recursion: () => ways.recursion() + 1,
  throw: ({ index }) => {
    throw new TypeError(`${index} is invalid`)
  },
  usage: () => {
    throw new UsageError('invalid color')
  },
}

// The test sets the name, so that one graph can have several.
export const deadly = { operator: new URL(import.meta.url).search.slice(1), step }
