/** Where source code names flags and configs, by the calls of this SDK and of OpenFeature's. Pure: texts come in. A text search, no parser: it misses keys that are put together at run time, and says nothing of them. */

export interface Use {
  readonly kind: 'flag' | 'config'
  readonly key: string
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly column: number
}

const KEY = String.raw`\s*(?:<[^()]*>)?\(\s*(?:\w+\s*,\s*)?(['"\`])((?:(?!\1)[^\n\\$])+)\1`

/** Names of calls whose first text is the key of a flag: JavaScript, Python, Go, Java, C# and React. */
const FLAG_CALLS = new RegExp(
  String.raw`\b(?:get(?:Boolean|String|Number|Object|Integer|Double)(?:Value|Details)|get_(?:boolean|string|integer|float|object)_(?:value|details)|(?:Boolean|String|Int|Float|Object)Value(?:Details)?|use(?:Boolean|String|Number|Object)?Flag(?:Value|Details)?)${KEY}`,
  'g',
)
const CONFIG_CALLS = new RegExp(String.raw`\b(?:getConfig|loadConfig|useConfig)${KEY}`, 'g')
const WATCH_CALLS = new RegExp(String.raw`\.watch${KEY}`, 'g')

/** `isConfig`: of `watch('settings.a')`, which is a path, the config it begins with; undefined when it is none of ours. */
export function usesIn(file: string, text: string, configs: readonly string[]): Use[] {
  const uses: Use[] = []
  const add = (kind: Use['kind'], key: string, offset: number): void => {
    const before = text.slice(0, offset).split('\n')
    uses.push({ kind, key, file, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 })
  }
  for (const match of text.matchAll(FLAG_CALLS)) add('flag', match[2] ?? '', match.index)
  for (const match of text.matchAll(CONFIG_CALLS)) add('config', match[2] ?? '', match.index)
  for (const match of text.matchAll(WATCH_CALLS)) {
    const path = match[2] ?? ''
    if (path.startsWith('flag:')) add('flag', path.slice(5), match.index)
    else {
      // Other libraries watch as well: only what begins with a config of ours is one.
      const config = configs
        .filter((name) => path === name || path.startsWith(`${name}.`))
        .toSorted((a, b) => b.length - a.length)[0]
      if (config !== undefined) add('config', config, match.index)
    }
  }
  return uses.toSorted((a, b) => a.line - b.line || a.column - b.column)
}
