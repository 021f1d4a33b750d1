/** The flags that OpenFeature's scenarios ask, as ours. Their file has a form of its own, which nothing else reads. */
import type { Condition, Flag } from '#core'

interface SuiteFlag {
  readonly variants: Flag['variants']
  readonly defaultVariant?: string | null
  readonly disabled?: boolean
  readonly flagMetadata?: Flag['metadata'] | null
  readonly contextEvaluator?: string
}

const isBallmer: Condition = {
  attribute: 'email',
  operator: 'equals',
  value: 'ballmer@macrosoft.com',
}

/** The only two there are: code of their own language. */
const EVALUATORS: Readonly<Record<string, readonly [variant: string, when: Condition]>> = {
  "email == 'ballmer@macrosoft.com' ? 'zero' : ''": ['zero', isBallmer],
  "!customer && email == 'ballmer@macrosoft.com' && age > 10 ? 'internal' : ''": [
    'internal',
    {
      all: [
        { attribute: 'customer', operator: 'equals', value: false },
        isBallmer,
        { attribute: 'age', operator: 'gt', value: 10 },
      ],
    },
  ],
}

function flagOf(given: SuiteFlag): Flag {
  const { variants, defaultVariant, disabled = false, flagMetadata, contextEvaluator } = given
  const [variant, when] = EVALUATORS[contextEvaluator ?? ''] ?? []
  const [first] = Object.values(variants)
  const type = typeof first
  if (type !== 'boolean' && type !== 'string' && type !== 'number' && type !== 'object')
    throw new TypeError(`no type of flag: ${type}`)
  return {
    type,
    variants,
    enabled: !disabled,
    seed: 's',
    ...(defaultVariant && { defaultVariant }),
    ...(flagMetadata && { metadata: flagMetadata }),
    ...(variant !== undefined && when && { rules: [{ id: 'r', when, serve: { variant } }] }),
  }
}

/** `context-aware` of the old suite is the newer one's `complex-targeted` under other names. */
const CONTEXT_AWARE: Flag = {
  type: 'string',
  variants: { internal: 'INTERNAL', external: 'EXTERNAL' },
  enabled: true,
  seed: 's',
  defaultVariant: 'external',
  rules: [
    {
      id: 'r',
      when: {
        all: [
          { attribute: 'fn', operator: 'equals', value: 'Sulisław' },
          { attribute: 'ln', operator: 'equals', value: 'Świętopełk' },
          { attribute: 'age', operator: 'equals', value: 29 },
          { attribute: 'customer', operator: 'equals', value: false },
        ],
      },
      serve: { variant: 'internal' },
    },
  ],
}

/** The flags of the suite's own file, `test-flags.json`. */
export function suiteFlags(json: string): Record<string, Flag> {
  const given: Record<string, SuiteFlag> = JSON.parse(json)
  const flags = Object.entries(given).map(([key, flag]) => [key, flagOf(flag)] as const)
  return { ...Object.fromEntries(flags), 'context-aware': CONTEXT_AWARE }
}
