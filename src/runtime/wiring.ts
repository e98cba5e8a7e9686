import type { Final, Operator } from './operator.js'

/** An element of a list of steps: an operator or its definition. */
export interface Wired<Name extends string = string, In = never, Out = unknown> {
  readonly name: Name
  readonly flow?: (input: In) => Out
}

type InOf<Step> = Step extends Wired<string, infer In, unknown> ? In : never
type OutOf<Step> = Step extends Wired<string, never, infer Out> ? Out : never

/** The compiler shows it for a step whose input type does not match the output of the step before it. */
interface WiringMistake<Message extends string, Given, Taken> {
  readonly mistake: Message
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
        WiringMistake<
          `${First['name']} cannot accept the output of ${Before}`,
          Exclude<Flow, Final>,
          InOf<First>
        >,
        ...Extract<Rest, readonly unknown[]>,
      ]
  : readonly []

/** The steps themselves if they fit together; an array of unknown length cannot be checked. */
type Fitting<Steps extends readonly unknown[]> = number extends Steps['length']
  ? Steps
  : Steps extends Checked<Steps, InputOf<Steps>, ''>
    ? Steps
    : Checked<Steps, InputOf<Steps>, ''>

/** Input type of the first step. */
export type InputOf<Steps> = Steps extends readonly [infer First, ...unknown[]]
  ? InOf<First>
  : Steps extends readonly (infer Any)[]
    ? InOf<Any>
    : never

/** Output type of the last step, and the final values that bypass it. */
export type OutputOf<Steps, Passed = never> = Steps extends readonly [infer Last]
  ? OutOf<Last> | Passed
  : Steps extends readonly [infer First, ...infer Rest]
    ? OutputOf<Rest, Passed | Extract<OutOf<First>, Final>>
    : Steps extends readonly (infer Any)[]
      ? OutOf<Any>
      : never

/** A list of steps in processing order. The compiler checks that each accepts the output of the one before it. */
export const steps = <const Steps extends readonly Wired[]>(...list: Fitting<Steps>): Steps =>
  list as unknown as Steps

/** Steps that are ready to run. `flow` is never set. */
export interface Chain<In, Out> {
  readonly operators: readonly Operator[]
  readonly flow?: (input: In) => Out
}

/** A chain of operators with options, for a graph built by hand; checked as `steps` are. */
export const chain = <const Steps extends readonly (Operator & Wired)[]>(
  ...list: Fitting<Steps>
): Chain<InputOf<Steps>, OutputOf<Steps>> => ({ operators: list as unknown as readonly Operator[] })
