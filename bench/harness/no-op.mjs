// An operator that does nothing but hand on, in plain JavaScript because workers load it as it is: a frame
// becomes `crops` crops of `bytes` bytes of their own, a crop becomes itself.
export const step =
  ({ crops, bytes }) =>
  value =>
    'frameIndex' in value
      ? [value]
      : Array.from({ length: crops }, () => ({ frameIndex: value.index, rgb: new Uint8Array(bytes) }))
