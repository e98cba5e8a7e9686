import type { Final, Operator } from './operator.js'

/** Anything that stands in a list of steps: an operator, or the definition of one. */
export interface Wired<Name extends string = string, In = never, Out = unknown> {
  readonly name: Name
  readonly flow?: (input: In) => Out
}

type InOf<Step> = Step extends Wired<string, infer In, unknown> ? In : never
type OutOf<Step> = Step extends Wired<string, never, infer Out> ? Out : never

/** What the compiler shows at a step that cannot take what the step before it gives. */
interface WiringMistake<Says extends string, Given, Taken> {
  readonly mistake: Says
  readonly given: Given
  readonly taken: Taken
}

type Checked<Steps, Flow, Before extends string> = Steps extends readonly [
  infer First extends Wired,
  ...infer Rest,
]
  ? [Exclude<Flow, Final>] extends [InOf<First>]
    ? readonly [First, ...Checked<Rest, OutOf<First>, First['name']>]
    : readonly [
        WiringMistake<`${First['name']} cannot take what ${Before} gives`, Exclude<Flow, Final>, InOf<First>>,
        ...Extract<Rest, readonly unknown[]>,
      ]
  : readonly []

/** What the first of some steps takes. */
export type InputOf<Steps> = Steps extends readonly [infer First, ...unknown[]] ? InOf<First> : never

/** What comes out of some steps: what the last gives, and what passed by the others because it was final. */
export type OutputOf<Steps, Passed = never> = Steps extends readonly [infer Last]
  ? OutOf<Last> | Passed
  : Steps extends readonly [infer First, ...infer Rest]
    ? OutputOf<Rest, Passed | Extract<OutOf<First>, Final>>
    : never

/**
 * Steps in the order in which values pass through them, any number. That each can take what the one before
 * it gives is checked by the compiler.
 */
export function steps<const Steps extends readonly Wired[]>(
  ...list: Steps extends Checked<Steps, InputOf<Steps>, ''> ? Steps : Checked<Steps, InputOf<Steps>, ''>
): Steps {
  return list as unknown as Steps
}

/** Steps that are ready to run. `flow` is never set. */
export interface Chain<In, Out> {
  readonly operators: readonly Operator[]
  readonly flow?: (input: In) => Out
}

/** Makes steps ready to run that have their options already: those of a graph made by hand. */
export function chain<const Steps extends readonly (Operator & Wired)[]>(
  list: Steps,
): Chain<InputOf<Steps>, OutputOf<Steps>> {
  return { operators: list }
}
