import type { MainOperator, Operator, StatefulStep, Step, WorkerOperator } from '../runtime/operator.js'
import type { Chain, InputOf, OutputOf, Wired } from '../runtime/wiring.js'
import { type SettingGroup, type Settings, type Values, valuesOf } from '../settings/setting.js'
import type { Model } from '../vision/detectors/model.js'
import type { SurfaceModel } from '../vision/surface/surface-model.js'

/** What is known of a video when its graph is made, and what options alone cannot say. */
export interface RunContext {
  readonly model: Model
  readonly surface: SurfaceModel
  readonly videoGuid: string
  readonly durationSeconds: number
  /** Between two frames that are looked at, at most. */
  readonly intervalSeconds: number
  /** The frames were chosen by number, too far apart to track a player from one to the next. */
  readonly sparse: boolean
}

/** Only a step that gives what it takes can be left out of a graph: what the compiler shows for another. */
type IfLeftOut<In, Out, Value> = [In] extends [Out]
  ? Value
  : 'a step that can be left out must give what it takes'

interface Spec<Name extends string, In, Out, S extends Settings, Options, Defaults> {
  /** Lower case with dashes: a label of the metrics. */
  readonly name: Name
  /** Of its settings in the help; steps may share one. Unless given: the name. */
  readonly title?: string
  readonly settings: S
  /** @throws UsageError when values that are right each by itself are at odds with each other. */
  check?(values: Values<S>): void
  /** False where the values leave the step out of the graph. Unless given: true. */
  enabled?(values: Values<S>): IfLeftOut<In, Out, boolean>
  /** What the step is made with for one video; undefined leaves the step out. Unless given: the values. */
  options?(values: Values<S>, context: RunContext): Options | IfLeftOut<In, Out, undefined>
  /** Options that a program may leave out. Unless given: the defaults of the settings. */
  readonly defaults?: Defaults
  /** @throws UsageError for options that make no sense. */
  validate?(options: Options): void
}

interface WorkerSpec<Name extends string, In, Out, S extends Settings, Options, Defaults>
  extends Spec<Name, In, Out, S, Options, Defaults> {
  /** `import.meta.url`: where a worker finds the definition, which must be exported. */
  readonly module: string
  /** Called once in each worker. */
  step(options: Options): Step<In, Out> | Promise<Step<In, Out>>
}

interface MainSpec<Name extends string, In, Out, S extends Settings, Options, Defaults>
  extends Spec<Name, In, Out, S, Options, Defaults> {
  /** Called once for each run. */
  make(options: Options): StatefulStep<In, Out>
}

/** A step that can be wired into a graph, with its settings. */
export interface Configurable<Name extends string = string, In = never, Out = unknown>
  extends Wired<Name, In, Out>,
    SettingGroup {
  configured(values: Readonly<Record<string, unknown>>, context: RunContext): Operator | undefined
}

/** Arguments of a factory: options of which those with a default may be left out. */
type Given<S, Options, Defaults> =
  Values<S> extends Options
    ? [options?: Partial<Options>]
    : Partial<Options> extends Omit<Options, keyof Defaults>
      ? [options?: Partial<Options>]
      : [options: Omit<Options, keyof Defaults> & Partial<Options>]

/** A step with its settings. Called with options, it is the operator of a graph made by hand. */
export interface Definition<Name extends string, In, Out, S extends Settings, Options, Defaults, Op>
  extends Wired<Name, In, Out>,
    SettingGroup<S> {
  (...options: Given<S, Options, Defaults>): Op
  readonly name: Name
  /** The operator for one video; undefined where the settings leave it out. */
  configured(values: Values<S>, context: RunContext): Op | undefined
}

/**
 * Defines a step that runs on worker threads, in the file that `module` names. Workers import that file and find
 * the definition by its name.
 */
export function workerOperator<
  const Name extends string,
  In,
  Out,
  S extends Settings,
  Options = Values<S>,
  Defaults = unknown,
>(spec: WorkerSpec<Name, In, Out, S, Options, Defaults>) {
  const { name, module, step } = spec
  const make = (options: Options): WorkerOperator<Name, In, Out> => ({ name, module, options })
  return Object.assign(
    define<Name, In, Out, S, Options, Defaults, WorkerOperator<Name, In, Out>>(spec, make),
    {
      operator: name,
      step,
    },
  )
}

/** Defines a step that remembers: it runs on the main thread, in order, and checkpoints keep what it remembers. */
export function statefulOperator<
  const Name extends string,
  In,
  Out,
  S extends Settings,
  Options = Values<S>,
  Defaults = unknown,
>(spec: MainSpec<Name, In, Out, S, Options, Defaults>) {
  const { name } = spec
  const make = (options: Options): MainOperator<Name, In, Out> => ({ name, make: () => spec.make(options) })
  return define<Name, In, Out, S, Options, Defaults, MainOperator<Name, In, Out>>(spec, make)
}

function define<Name extends string, In, Out, S extends Settings, Options, Defaults, Op>(
  {
    name,
    title = name,
    settings,
    check,
    enabled,
    options: optionsOf,
    defaults,
    validate,
  }: Spec<Name, In, Out, S, Options, Defaults>,
  make: (options: Options) => Op,
): Definition<Name, In, Out, S, Options, Defaults, Op> {
  const standard = defaults ?? (optionsOf === undefined ? valuesOf(settings, {}) : {})
  const checked = (options: Options) => {
    validate?.(options)
    return make(options)
  }
  const factory = (options: Partial<Options> = {}) => checked({ ...standard, ...options } as Options)
  const configured = (values: Values<S>, context: RunContext) => {
    if (enabled?.(values) === false) return undefined
    const options = optionsOf === undefined ? valuesOf(settings, values) : optionsOf(values, context)
    return options === undefined ? undefined : checked(options as Options)
  }
  Object.defineProperty(factory, 'name', { value: name })
  // Its `name`, set above, and its arguments, which depend on the options, are beyond what assign can tell.
  const definition: unknown = Object.assign(factory, {
    title,
    settings,
    configured,
    ...(check && { check }),
  })
  return definition as Definition<Name, In, Out, S, Options, Defaults, Op>
}

/** Makes the steps of a graph ready for one video: those that the settings leave out are gone. */
export function configured<const Steps extends readonly Configurable[]>(
  steps: Steps,
  values: Readonly<Record<string, unknown>>,
  context: RunContext,
): Chain<InputOf<Steps>, OutputOf<Steps>> {
  return { operators: steps.flatMap(step => step.configured(values, context) ?? []) }
}
