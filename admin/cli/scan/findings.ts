/** What the uses in code and the flags and configs there are say of each other; as text and as SARIF 2.1.0. Pure. */
import { isJsonObject, type JsonObject, type JsonValue } from '#core'
import { contentOf, idOf, type Items } from '../folder/items.ts'
import type { Use } from './find.ts'

export const RULES = {
  'unknown-flag': {
    level: 'error',
    text: 'Code asks for a flag that does not exist: it always gets the fallback.',
  },
  'unknown-config': { level: 'error', text: 'Code asks for a config that does not exist.' },
  'constant-flag': {
    level: 'warning',
    text: 'A flag serves everybody the same in every environment: it can go from the code.',
  },
  'unused-flag': { level: 'note', text: 'No code that was looked at asks for the flag.' },
  'unused-config': { level: 'note', text: 'No code that was looked at asks for the config.' },
} as const

export type RuleId = keyof typeof RULES
export const LEVELS = ['note', 'warning', 'error'] as const
export type Level = (typeof LEVELS)[number]

export interface Finding {
  readonly rule: RuleId
  readonly level: Level
  readonly key: string
  readonly message: string
  readonly file?: string
  readonly line?: number
  readonly column?: number
}

/** `fileOf`: where a flag or config is declared, if it stands in a file. */
export function findingsOf(
  items: Items,
  uses: readonly Use[],
  fileOf: (id: string) => string | undefined,
): Finding[] {
  const keysOf = (kind: 'flag' | 'config'): string[] =>
    [...items.values()].flatMap(({ ref }) =>
      ref.kind === kind && ref.layer === 'base' ? [ref.key] : [],
    )
  const used = (kind: Use['kind']): Set<string> =>
    new Set(uses.filter((one) => one.kind === kind).map(({ key }) => key))
  const declared = { flag: new Set(keysOf('flag')), config: new Set(keysOf('config')) }
  const at = (
    kind: Use['kind'],
    key: string,
  ): { readonly file?: string; readonly line?: number } => {
    const file = fileOf(idOf({ kind, key, layer: 'base' }))
    return file === undefined ? {} : { file, line: 1 }
  }
  const unknown = uses
    .filter(({ kind, key }) => !declared[kind].has(key))
    .map(({ kind, key, file, line, column }) =>
      finding(`unknown-${kind}`, key, `there is no ${kind} "${key}"`, { file, line, column }),
    )
  const constant = keysOf('flag').flatMap((key) => {
    const variant = used('flag').has(key) ? constantVariant(items, key) : undefined
    return variant === undefined
      ? []
      : [
          finding(
            'constant-flag',
            key,
            `flag "${key}" serves ${variant} to everybody`,
            at('flag', key),
          ),
        ]
  })
  const unused = (['flag', 'config'] as const).flatMap((kind) =>
    keysOf(kind)
      .filter((key) => !used(kind).has(key))
      .map((key) =>
        finding(`unused-${kind}`, key, `no code asks for the ${kind} "${key}"`, at(kind, key)),
      ),
  )
  return [...unknown, ...constant, ...unused]
}

function finding(
  rule: RuleId,
  key: string,
  message: string,
  place: Pick<Finding, 'file' | 'line' | 'column'>,
): Finding {
  return { rule, level: RULES[rule].level, key, message, ...place }
}

/** What a flag serves to everybody in every environment; undefined when it may differ. */
function constantVariant(items: Items, key: string): string | undefined {
  const flag = contentOf(items, 'flag', key) ?? {}
  const environments = [...items.values()].flatMap(({ ref }) =>
    ref.kind === 'environment' ? [ref.key] : [],
  )
  const served = environments.map((one) => servedBy(flag, contentOf(items, 'flag', key, one) ?? {}))
  const [first] = served
  return first !== undefined && served.every((one) => one === first) ? first : undefined
}

function decides(member: JsonValue | undefined): boolean {
  if (Array.isArray(member)) return member.length > 0
  return member !== undefined && isJsonObject(member) && Object.keys(member).length > 0
}

function servedBy(flag: JsonObject, settings: JsonObject): string | undefined {
  const name = (member: string): string => {
    const value = settings[member] ?? flag[member]
    return typeof value === 'string' ? `"${value}"` : 'the fallback'
  }
  if (settings['enabled'] !== true) return name('offVariant')
  return ['rules', 'targets', 'prerequisites'].some((one) => decides(settings[one]))
    ? undefined
    : name('defaultVariant')
}

export function sarif(findings: readonly Finding[], version: string): JsonObject {
  const rules = Object.entries(RULES).map(([id, { level, text }]) => ({
    id,
    shortDescription: { text },
    defaultConfiguration: { level },
  }))
  const results = findings.map(({ rule, level, message, file, line = 1, column }) => ({
    ruleId: rule,
    level,
    message: { text: message },
    locations:
      file === undefined
        ? []
        : [
            {
              physicalLocation: {
                artifactLocation: { uri: file.replaceAll('\\', '/') },
                region: { startLine: line, ...(column !== undefined && { startColumn: column }) },
              },
            },
          ],
  }))
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver: { name: 'driftless scan', version, rules } }, results }],
  }
}
