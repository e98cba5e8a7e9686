// An operator for tests, in plain JavaScript because workers load it without a build: leaks memory on one frame.
const taken = []

const step =
  ({ on, megabytes }) =>
  value => {
    if (value.frame.index === on) taken.push(Buffer.alloc(megabytes * 1e6, 1))
    return [value]
  }

export const greedy = { operator: 'greedy', step }
