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
