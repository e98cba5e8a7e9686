/** Calls `fill` once, when the element comes near the viewport: the page has thousands of pictures. */
export function whenNear(): (target: Element, fill: () => void) => void {
  const fills = new Map<Element, () => void>()
  const observer = new IntersectionObserver(
    entries => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue
        observer.unobserve(target)
        fills.get(target)?.()
        fills.delete(target)
      }
    },
    { rootMargin: '400px' },
  )
  return (target, fill) => {
    fills.set(target, fill)
    observer.observe(target)
  }
}

/**
 * Fills an element while it is near the viewport, and empties it when it is far: the pictures of 1000 tracks take
 * 300 MB. The height of the empty element must be that of the filled one.
 */
export function whileNear(): (target: HTMLElement, children: () => readonly Node[]) => void {
  const fills = new Map<Element, () => readonly Node[]>()
  const observer = new IntersectionObserver(
    entries => {
      for (const { target, isIntersecting } of entries) {
        if (isIntersecting) target.replaceChildren(...(fills.get(target)?.() ?? []))
        // The focus stays where it is.
        else if (!target.contains(document.activeElement)) target.replaceChildren()
      }
    },
    { rootMargin: '400px' },
  )
  return (target, children) => {
    fills.set(target, children)
    observer.observe(target)
  }
}
