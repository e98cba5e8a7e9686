/** The values that are not undefined, to override defaults with a spread. */
export const given = <T extends object>(values: { readonly [K in keyof T]?: T[K] | undefined }): Partial<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>
