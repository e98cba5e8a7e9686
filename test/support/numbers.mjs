// An operator for tests of the runtime, in plain JavaScript because workers load it as it is. A number
// becomes `times` copies of itself plus one; `fail` fails at that number, `drop` drops it, `die` ends the worker.
export const step =
  ({ times = 1, fail, drop, die }) =>
  (value, tally) => {
    if (value === die) process.exit(1)
    if (value === fail) throw new RangeError(`${value} is too much`)
    if (value === drop) {
      tally.drop('unwanted')
      return []
    }
    return Array.from({ length: times }, () => value + 1)
  }
