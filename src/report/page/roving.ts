/**
 * Roving tabindex: `container` is one tab stop; the arrow keys, Home and End move within it. Otherwise 500 tracks
 * would be thousands of tab stops.
 */
export function rove(container: HTMLElement, selector: string): void {
  const members = () => [...container.querySelectorAll<HTMLElement | SVGElement>(selector)]
  container.addEventListener('keydown', event => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1, Home: -1e9, End: 1e9 }[event.key]
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return
    const all = members()
    const here = all.findIndex(member => member.matches(':focus'))
    const next = all[Math.min(all.length - 1, Math.max(0, here + step))]
    if (here < 0 || !next) return
    event.preventDefault()
    all[here]?.setAttribute('tabindex', '-1')
    next.setAttribute('tabindex', '0')
    next.focus()
  })
}
