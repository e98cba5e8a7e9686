import type { MainOperator, Operator, StatefulStep, Step, WorkerOperator } from '../runtime/operator.js'
import type { Chain, InputOf, OutputOf, Wired } from '../runtime/wiring.js'
import { type SettingGroup, type Settings, type Values, valuesOf } from '../settings/setting.js'
import type { DeviceName } from '../vision/detectors/device.js'
import type { FittedDetector } from '../vision/detectors/fit-view.js'
import type { Model } from '../vision/detectors/model.js'
import type { PersonModel } from '../vision/segmentation/person-model.js'
import type { SurfaceModel } from '../vision/surface/surface-model.js'

/** Facts about a video that are known when its graph is built. */
export interface RunContext {
  readonly model: Model
  /** That runs the model. */
  readonly device: DeviceName
  /** As given by the user, with the model's defaults, fitted to the video. */
  readonly detector: FittedDetector
  readonly surface: SurfaceModel
  readonly removal: BackgroundRemoval
  readonly videoGuid: string
  readonly durationSeconds: number
  /** Largest time between two sampled frames. */
  readonly intervalSeconds: number
  /** Set with `--frames`: the frames are too far apart to track players. */
  readonly sparse: boolean
}

/** How backgrounds are removed: by the surface's colors, by a network that finds the person, or not. */
export type BackgroundRemoval = (
  | { readonly method: 'surface' | 'none' }
  | { readonly method: 'person'; readonly model: PersonModel }
) & {
  /** Why in this way, as the end of a sentence. */
  readonly why: string
  /** Median IoU of the masks of the two ways in sample frames, where `auto` compared them. */
  readonly agreement?: number | undefined
}

/** A step can be disabled only if its outputs have its input type; otherwise the compiler shows this message. */
type IfOptional<In, Out, Value> = [In] extends [Out]
  ? Value
  : 'a step that can be disabled must output its input type'

interface Spec<Name extends string, In, Out, S extends Settings, Options, Defaults> {
  /** Lower case with dashes: a label of the metrics. */
  readonly name: Name
  /** Heading of its settings in the help; steps may share one. Default: the name. */
  readonly title?: string
  readonly settings: S
  /** @throws UsageError when values that are valid by themselves contradict each other. */
  check?(values: Values<S>): void
  /** False if the values disable the step. Default: true. */
  enabled?(values: Values<S>): IfOptional<In, Out, boolean>
  /** The options of the step for one video; undefined disables the step. Default: the values. */
  options?(values: Values<S>, context: RunContext): Options | IfOptional<In, Out, undefined>
  /** Options with defaults when called from code. Default: the defaults of the settings. */
  readonly defaults?: Defaults
  /** @throws UsageError for invalid options. */
  validate?(options: Options): void
}

interface WorkerSpec<Name extends string, In, Out, S extends Settings, Options, Defaults>
  extends Spec<Name, In, Out, S, Options, Defaults> {
  /** `import.meta.url`: workers import the definition from there, so it must be exported. */
  readonly module: string
  /** Loads what must be loaded on the main thread before a worker loads it. */
  prepare?(values: Values<S>): Promise<unknown> | undefined
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

/** Arguments of a factory: options; those with a default are optional. */
type Given<S, Options, Defaults> =
  Values<S> extends Options
    ? [options?: Partial<Options>]
    : Partial<Options> extends Omit<Options, keyof Defaults>
      ? [options?: Partial<Options>]
      : [options: Omit<Options, keyof Defaults> & Partial<Options>]

/** A step with its settings. Calling it with options gives an operator for a graph built by hand. */
export interface Definition<Name extends string, In, Out, S extends Settings, Options, Defaults, Op>
  extends Wired<Name, In, Out>,
    SettingGroup<S> {
  (...options: Given<S, Options, Defaults>): Op
  readonly name: Name
  /** The operator for one video; undefined if the settings disable it. */
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
  const { name, module, step, prepare } = spec
  const make = (options: Options): WorkerOperator<Name, In, Out> => ({ name, module, options })
  return Object.assign(
    define<Name, In, Out, S, Options, Defaults, WorkerOperator<Name, In, Out>>(spec, make),
    {
      operator: name,
      step,
      module,
      ...(prepare && { prepare }),
    },
  )
}

/** Defines a step with state: it runs on the main thread, in order, and checkpoints contain its state. */
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
  // The type of Object.assign does not know the `name` set above, nor the arguments that depend on the options.
  const definition: unknown = Object.assign(factory, {
    title,
    settings,
    configured,
    ...(check && { check }),
  })
  return definition as Definition<Name, In, Out, S, Options, Defaults, Op>
}

/** Configures the steps of a graph for one video, without those that the settings disable. */
export function configured<const Steps extends readonly Configurable[]>(
  steps: Steps,
  values: Readonly<Record<string, unknown>>,
  context: RunContext,
): Chain<InputOf<Steps>, OutputOf<Steps>> {
  return { operators: steps.flatMap(step => step.configured(values, context) ?? []) }
}
