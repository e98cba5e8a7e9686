/** Colors and number of a figure. Figures are small skeletons in meters, drawn as SVG strokes, without fonts. */
export interface Look {
  readonly shirt: string
  readonly trim: string
  readonly shorts: string
  readonly socks: string
  readonly boots: string
  readonly skin: string
  readonly hair: string
  readonly number: number
  readonly numberColor: string
  /** What covers arms and legs, if not skin. */
  readonly arms?: string
  readonly legs?: string
}

export type Gait = 'run' | 'walk' | 'stand'
export type Posture = Gait | 'sit'

/** Across, up and away from the camera. */
type Point = readonly [number, number, number]

/**
 * Swing of thigh and upper arm, bend of knee and elbow in the support phase, more knee in the swing phase, lean, bend of
 * the hip; radians. `tilt`: how much lower in the picture a point lies for each meter that it is nearer, as the lap of
 * someone seated does, seen from above.
 */
const postures = {
  run: { thigh: 0.78, arm: 0.75, knee: 0.3, swingKnee: 1.25, elbow: 1.45, lean: 0.16, hip: 0, tilt: 0 },
  walk: { thigh: 0.4, arm: 0.4, knee: 0.1, swingKnee: 0.55, elbow: 0.45, lean: 0.05, hip: 0, tilt: 0 },
  stand: { thigh: 0.08, arm: 0.1, knee: 0.06, swingKnee: 0, elbow: 0.35, lean: 0.02, hip: 0, tilt: 0 },
  sit: { thigh: 0.05, arm: 0.15, knee: 1.4, swingKnee: 0, elbow: 1, lean: 0.06, hip: 1.42, tilt: 0.3 },
} as const

/**
 * Draws someone as SVG elements in meters, y down, with the ground point of the feet at the origin.
 * @param heading radians; 0 runs to the right, π/2 away from the camera.
 * @param phase 0 to 1 of one stride cycle.
 */
export function figureSvg(look: Look, posture: Posture, heading: number, phase: number): string {
  const g = postures[posture]
  const [cos, sin] = [Math.cos(heading), Math.sin(heading)]
  const swing = 2 * Math.PI * phase
  const sway = posture === 'stand' ? 0.12 : 0

  /** From the body's own axes: forward, up, to the right. */
  const place = (forward: number, up: number, right: number): Point => [
    forward * cos + right * sin,
    up + g.tilt * (forward * sin - right * cos),
    forward * sin - right * cos,
  ]

  const leg = (side: number) => {
    const angle = swing + (side > 0 ? 0 : Math.PI)
    const thigh = g.thigh * Math.sin(angle) + g.lean * 0.5 + g.hip
    const shin = thigh - g.knee - g.swingKnee * Math.max(0, Math.cos(angle))
    const out = side * (0.1 + sway * 0.3)
    const hip = [0, 0.92, side * 0.09] as const
    const knee = [0.45 * Math.sin(thigh), hip[1] - 0.45 * Math.cos(thigh), out] as const
    const ankle = [
      knee[0] + 0.4 * Math.sin(shin),
      knee[1] - 0.4 * Math.cos(shin),
      out + side * sway * 0.3,
    ] as const
    const foot = shin * 0.6
    const toe = [
      ankle[0] + 0.17 * Math.cos(foot),
      ankle[1] - 0.05 + 0.17 * Math.sin(foot),
      ankle[2] + side * 0.03,
    ] as const
    return { hip, knee, ankle, toe }
  }
  const arm = (side: number) => {
    const upper = -g.arm * Math.sin(swing + (side > 0 ? 0 : Math.PI))
    const lower = upper + g.elbow
    const shoulder = [1.44 * g.lean - 0.06, 1.43, side * 0.2] as const
    const elbow = [shoulder[0] + 0.28 * Math.sin(upper), 1.43 - 0.28 * Math.cos(upper), side * 0.29] as const
    const hand = [
      elbow[0] + 0.27 * Math.sin(lower),
      elbow[1] - 0.27 * Math.cos(lower),
      side * (0.3 - g.elbow * 0.06),
    ] as const
    return { shoulder, elbow, hand }
  }
  const legs = [leg(-1), leg(1)] as const
  const arms = [arm(-1), arm(1)] as const
  // The lowest foot stands on the ground; those of someone seated are up to 0.6 m before the body.
  const lift = 0.04 + 0.6 * g.tilt - Math.min(...legs.flatMap(l => [l.ankle[1] - 0.05, l.toe[1]]))
  const at = (p: readonly [number, number, number]) => place(p[0], p[1] + lift, p[2])
  const mid = (a: Point, b: Point, t: number): Point => [
    a[0] + (b[0] - a[0]) * t,
    a[1] + (b[1] - a[1]) * t,
    a[2] + (b[2] - a[2]) * t,
  ]

  const parts: { away: number; svg: string }[] = []
  const add = (away: number, svg: string) => parts.push({ away, svg })

  for (const l of legs) {
    const [hip, knee, ankle, toe] = [at(l.hip), at(l.knee), at(l.ankle), at(l.toe)]
    const sockTop = mid(knee, ankle, 0.28)
    add(
      knee[2],
      stroke(look.legs ?? look.skin, 0.125, mid(hip, knee, 0.4), knee, sockTop) +
        stroke(look.socks, 0.115, sockTop, mid(knee, ankle, 0.55)) +
        stroke(look.socks, 0.095, sockTop, ankle) +
        stroke(look.boots, 0.085, mid(ankle, toe, 0.1), toe) +
        stroke(look.shorts, 0.205, hip, mid(hip, knee, 0.5)),
    )
  }
  for (const a of arms) {
    const [shoulder, elbow, hand] = [at(a.shoulder), at(a.elbow), at(a.hand)]
    add(
      elbow[2] * 1.5,
      stroke(look.arms ?? look.skin, 0.08, mid(shoulder, elbow, 0.5), elbow, hand) +
        dot(look.skin, 0.05, hand) +
        stroke(look.shirt, 0.13, shoulder, mid(shoulder, elbow, 0.62)) +
        stroke(look.trim, 0.12, mid(shoulder, elbow, 0.6), mid(shoulder, elbow, 0.66)),
    )
  }
  add(0, torso(look, cos, sin, lift, g.lean))
  add(sin > 0 ? 0.02 : -0.02, head(look, cos, sin, lift, g.lean))
  parts.sort((a, b) => b.away - a.away)
  return parts.map(p => p.svg).join('')
}

/** Shirt and the top of the shorts: an ellipse in cross-section, so its width depends on the heading. */
function torso(look: Look, cos: number, sin: number, lift: number, lean: number): string {
  const half = (across: number, deep: number) => Math.hypot(across * sin, deep * cos)
  const ring = (up: number, across: number, deep: number) => {
    const x = (up - 0.92) * lean * 1.6 * cos
    return { y: -(up + lift), left: x - half(across, deep), right: x + half(across, deep), x }
  }
  const [neck, shoulder, chest, waist, hip] = [
    ring(1.5, 0.08, 0.07),
    ring(1.44, 0.19, 0.1),
    ring(1.25, 0.18, 0.13),
    ring(1.0, 0.155, 0.12),
    ring(0.86, 0.16, 0.125),
  ]
  const rings = [neck, shoulder, chest, waist]
  const shape = (list: typeof rings) =>
    `M${list.map(r => `${f(r.left)} ${f(r.y)}`).join('L')}L${[...list]
      .reverse()
      .map(r => `${f(r.right)} ${f(r.y)}`)
      .join('L')}Z`
  const soft = (color: string, list: typeof rings) =>
    `<path d="${shape(list)}" fill="${color}" stroke="${color}" stroke-width=".05" stroke-linejoin="round"/>`
  // A fold and the side away from the sun, so that the shirt is not one flat color.
  const shade =
    `<path d="${shape([
      { ...shoulder, right: shoulder.left + 0.07 },
      { ...waist, right: waist.left + 0.05 },
    ])}" fill="#000" opacity=".16"/>` +
    `<path d="M${f(waist.right)} ${f(waist.y - 0.05)}L${f(chest.x)} ${f(chest.y + 0.12)}" stroke="#000" stroke-width=".025" opacity=".15"/>`
  const back =
    sin > 0.3
      ? `<g transform="translate(${f(chest.x)} ${f(chest.y - 0.03)}) scale(${f(sin)} 1)">${digits(look.number, look.numberColor)}</g>`
      : `<path d="M${f(shoulder.x + 0.12 * cos)} ${f(neck.y)}L${f(chest.x + 0.12 * cos)} ${f(waist.y)}" stroke="${look.trim}" stroke-width=".03"/>`
  return soft(look.shorts, [waist, hip]) + soft(look.shirt, rings) + shade + back
}

function head(look: Look, cos: number, sin: number, lift: number, lean: number): string {
  const [x, y] = [(1.63 - 0.92) * lean * 1.6 * cos + 0.02 * cos, -(1.645 + lift)]
  const neck = `<path d="M${f(x - 0.02 * cos)} ${f(y + 0.06)}V${f(y + 0.17)}" stroke="${look.skin}" stroke-width=".11"/>`
  const face = `<ellipse cx="${f(x)}" cy="${f(y)}" rx=".098" ry=".128" fill="${look.skin}"/>`
  // Hair sits on top and behind: it covers all of the head that is seen from behind.
  const cap = `<ellipse cx="${f(x - 0.05 * cos)}" cy="${f(y - 0.05 + 0.035 * Math.max(0, sin))}" rx="${f(0.1 - 0.02 * Math.abs(cos))}" ry="${f(0.09 + 0.04 * Math.max(0, sin))}" fill="${look.hair}"/>`
  return neck + face + cap
}

/** Each digit as a polyline in a box of 2 by 4. */
const glyphs = [
  'M0 1L.6 0H1.4L2 1V3L1.4 4H.6L0 3Z',
  'M.2 1L1.2 0V4',
  'M0 .8L.5 0H1.5L2 .8V1.4L0 4H2',
  'M0 .5L.5 0H1.5L2 .6V1.4L1.4 1.9H.8M1.4 1.9L2 2.5V3.4L1.5 4H.5L0 3.5',
  'M1.6 4V0L0 2.8H2',
  'M1.9 0H.2V1.7L1.4 1.6L2 2.3V3.3L1.4 4H.5L0 3.5',
  'M1.8 .4L1.4 0H.6L0 1V3.2L.6 4H1.4L2 3.2V2.4L1.4 1.8H.6L0 2.4',
  'M0 0H2L.8 4',
  'M.6 1.8L.1 1.2V.6L.6 0H1.4L1.9 .6V1.2L1.4 1.8L2 2.5V3.3L1.4 4H.6L0 3.3V2.5L.6 1.8H1.4',
  'M.2 3.6L.6 4H1.4L2 3V.8L1.4 0H.6L0 .8V1.6L.6 2.2H1.4L2 1.6',
] as const

/** Draws a number centered on the origin, 0.24 m high. */
export function digits(number: number, color: string): string {
  const text = String(number)
  const advance = 2.9
  return [...text]
    .map((c, i) => {
      const x = (i - (text.length - 1) / 2) * advance - 1
      return `<path transform="scale(.055) translate(${f(x)} -1)" d="${glyphs[Number(c)] ?? ''}" fill="none" stroke="${color}" stroke-width=".8"/>`
    })
    .join('')
}

function stroke(color: string, width: number, ...points: readonly Point[]): string {
  const d = points.map(p => `${f(p[0])} ${f(-p[1])}`).join('L')
  return `<path d="M${d}" fill="none" stroke="${color}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"/>`
}

function dot(color: string, radius: number, p: Point): string {
  return `<circle cx="${f(p[0])}" cy="${f(-p[1])}" r="${radius}" fill="${color}"/>`
}

function f(value: number): string {
  return value.toFixed(3)
}
