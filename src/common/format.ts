/** Bytes in MB of 10^6 bytes, for a person. */
export const formatMegabytes = (bytes: number, decimals = 0): string =>
  `${(bytes / 1e6).toFixed(decimals)} MB`
