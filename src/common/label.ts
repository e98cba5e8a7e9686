import { z } from 'zod'
import { printable } from './printable.js'

/** A name from a file of the user that is printed, drawn and used as the value of a metric label: short, without control characters. */
export const label = z
  .string()
  .min(1)
  .max(100)
  .refine(text => printable(text) === text, 'no control characters')
