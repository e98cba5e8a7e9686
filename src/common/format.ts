/** Bytes in MB of 10^6 bytes, for a person. */
export const formatMegabytes = (bytes: number, decimals = 0): string =>
  `${(bytes / 1e6).toFixed(decimals)} MB`

/** As `1 video` and `2 videos`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`
