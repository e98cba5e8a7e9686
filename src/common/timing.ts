const runs = 3

/** Median milliseconds of an act, after a first run that allocates and compiles. */
export async function medianMilliseconds(act: () => Promise<unknown>): Promise<number> {
  await act()
  const times: number[] = []
  for (let run = 0; run < runs; run++) {
    const began = performance.now()
    await act()
    times.push(performance.now() - began)
  }
  return times.sort((a, b) => a - b)[runs >> 1] ?? Number.NaN
}
