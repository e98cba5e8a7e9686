// An operator for tests of the runtime, in plain JavaScript because workers load it without a build. Turns a number
// into `times` copies of itself plus one; throws at `fail`, drops `drop`, ends the worker at `die`. With `late`, an
// Int32Array shared by all threads, 0 is finished only after 1.
const step =
  ({ times = 1, fail, drop, die, late }) =>
  (value, context) => {
    if (late && value === 0) Atomics.wait(late, 0, 0)
    if (late && value === 1) {
      Atomics.store(late, 0, 1)
      Atomics.notify(late, 0)
    }
    if (value === die) process.exit(1)
    if (value === fail) throw new RangeError(`${value} is too much`)
    if (value === drop) {
      context.drop('unwanted')
      return []
    }
    return Array.from({ length: times }, () => value + 1)
  }

// The test sets the name, so that one graph can have several.
export const numbers = { operator: new URL(import.meta.url).search.slice(1), step }
