/** Seconds to wait: the first time, and at most. */
const [first, last] = [10, 600]

/** What may pass is waited for twice as long each time. @param time from 1. @returns seconds. */
export const backoffSeconds = (time: number): number => Math.min(last, first * 2 ** (time - 1))
