import { expect, test } from 'vitest'
import { measured } from '../bench/harness/program.js'
import { atLeast, atMost } from '../bench/harness/question.js'
import { formatAnswer } from '../bench/harness/results.js'
import { alternate, median } from '../bench/harness/rounds.js'

test.each([
  [[3], 3],
  [[9, 1, 2], 2],
  [[4, 1, 3, 2], 2.5],
])('the median of %j is %d', (values, middle) => {
  // Otherwise one disturbed run would determine the result.
  expect(median(values)).toBe(middle)
})

test('the compared programs run alternately, round by round', async () => {
  // Otherwise the program that runs while the machine is slow would lose.
  const order: string[] = []
  const side = (name: string) => async () => order.push(name)
  const ran = await alternate(2, { ours: side('ours'), theirs: side('theirs') }, () => {})
  expect(order).toEqual(['ours', 'theirs', 'ours', 'theirs'])
  expect(ran).toEqual({ ours: [1, 3], theirs: [2, 4] })
})

test('a program is measured with its children: their CPU time and their memory', async () => {
  // Otherwise ffmpeg would not count, and a program with more processes would seem cheaper.
  const burn = `
    const held = Buffer.alloc(80 << 20, 1)
    const until = process.cpuUsage().user + 700_000
    while (process.cpuUsage().user < until) for (let i = 0; i < 1e6; i++) held[0]++
  `
  const script = `${burn}; require('child_process').execFileSync(process.execPath, ['-e', ${JSON.stringify(burn)}]); console.log('done')`
  const { cpuSeconds, peakBytes, stdout } = await measured(process.execPath, ['-e', script])
  expect(stdout).toBe('done\n')
  expect(cpuSeconds).toBeGreaterThanOrEqual(1.4)
  expect(peakBytes).toBeGreaterThanOrEqual(160 << 20)
})

test('a failed program has no result', async () => {
  // Otherwise a program that crashes at once would be the fastest.
  await expect(
    measured(process.execPath, ['-e', 'console.error("out of luck"); process.exit(3)']),
  ).rejects.toThrow(/ended with 3: out of luck/)
})

test('a missed target is reported in the answer', () => {
  // Otherwise a reader would have to compare the numbers to see it.
  const bars = [atLeast('speed', 1.4, 1.5), atMost('memory', 1, 1)]
  expect(bars.map(({ met }) => met)).toEqual([false, true])
  const text = formatAnswer({
    tables: [{ title: 'all', columns: ['a'], rows: [[1]] }],
    bars,
    notes: ['by hand'],
  })
  expect(text).toMatch(/speed +│ ≥ 1\.5 +│ +1\.40 +│ NOT MET/)
  expect(text).toContain('by hand')
})
