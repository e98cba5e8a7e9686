// Operators without work, in plain JavaScript because workers import it as it is.

/** Makes `crops` crops of `bytes` bytes from each frame. */
export const crop = {
  operator: 'crop',
  step:
    ({ crops, bytes }) =>
    ({ index }) =>
      Array.from({ length: crops }, () => ({ frameIndex: index, rgb: new Uint8Array(bytes) })),
}

/** Returns each crop unchanged. */
export const encode = { operator: 'encode', step: () => crop => [crop] }
