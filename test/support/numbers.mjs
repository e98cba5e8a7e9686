// An operator for tests of the runtime, in plain JavaScript because workers load it as it is. A number
// becomes `times` copies of itself plus one; `fail` fails at that number, `drop` drops it, `die` ends the worker.
// With `late`, an Int32Array that all threads see, 0 is finished only after 1.
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

// Under the name that the test asks for: several stand in one graph.
export const numbers = { operator: new URL(import.meta.url).search.slice(1), step }
