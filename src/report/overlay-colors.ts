/**
 * What is drawn over a frame: red, green, blue, 0 to 255. The same in light and dark mode, since it is part of the
 * picture. From the colorblind-safe palette of Okabe and Ito (2008), on a gray picture.
 */
export const overlayColors = {
  surface: [0, 114, 178],
  court: [230, 159, 0],
  on: [255, 255, 255],
  around: [240, 228, 66],
  off: [255, 94, 150],
} as const

/** People by where they stand: on the surface or its court, around the court, or off the surface. */
export type Standing = 'on' | 'around' | 'off'
