const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 })
const short = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })
const hundredths = new Intl.NumberFormat('en', {
  maximumSignificantDigits: 3,
  maximumFractionDigits: 2,
  roundingPriority: 'lessPrecision',
})
const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 })

/** `12,345`; below 100 with three significant digits: `4.13`. */
export function number(value: number): string {
  return Math.abs(value) < 100 ? short.format(value) : whole.format(value)
}

/** `12.3K`, for the ticks of an axis. */
export function tick(value: number): string {
  return Math.abs(value) < 1 ? short.format(value) : compact.format(value)
}

export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${number(count)} ${count === 1 ? noun : many}`
}

export function percent(share: number): string {
  return `${short.format(share >= 0.1 ? Math.round(share * 100) : Math.round(share * 1000) / 10)}%`
}

/** Decimal units, powers of 1000. */
export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)))
  return `${short.format(value / 1000 ** power)}\u00a0${units[power]}`
}

/** `7.24 s`; from one minute `1:07` and `1:02:07`. */
export function time(seconds: number): string {
  if (seconds < 60) return `${hundredths.format(seconds)}\u00a0s`
  const total = Math.round(seconds)
  const two = (value: number) => String(value).padStart(2, '0')
  const minutes = Math.floor(total / 60)
  if (minutes < 60) return `${minutes}:${two(total % 60)}`
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(total % 60)}`
}

/** One format for all ticks of an axis that ends at `end` seconds. */
export function timeTick(end: number): (seconds: number) => string {
  return end < 60
    ? seconds => `${short.format(seconds)}\u00a0s`
    : seconds => (seconds < 60 ? `0:${String(Math.round(seconds)).padStart(2, '0')}` : time(seconds))
}

/** `off_pitch` as `off pitch`. */
export function words(name: string): string {
  return name.replaceAll('_', ' ')
}

/** Capitalizes the first letter. */
export function title(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}
