/**
 * Runs all sides in turn, several times, so that changes in the load of the machine affect all of them.
 * @returns the results of each side, in the order of the rounds.
 */
export async function alternate<T>(
  rounds: number,
  sides: Readonly<Record<string, () => Promise<T>>>,
  log: (line: string) => void,
): Promise<Record<string, T[]>> {
  const results: Record<string, T[]> = Object.fromEntries(Object.keys(sides).map(name => [name, []]))
  for (let round = 1; round <= rounds; round++) {
    for (const [name, side] of Object.entries(sides)) {
      log(`round ${round} of ${rounds}: ${name}`)
      results[name]!.push(await side()) // every side has a list
    }
  }
  return results
}

/** The middle value, or the mean of the two middle ones. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]]
  if (low === undefined || high === undefined) throw new Error('Expected values but received none')
  return (low + high) / 2
}
