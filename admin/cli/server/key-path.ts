/** `storefront.banner.text`: a config's name and a place in it. Pure. */
import { formatPointer, parsePointer } from '#core'
import { UserError } from '../frame/command.ts'
import { nearest } from '../frame/nearest.ts'

export interface KeyPath {
  readonly config: string
  /** JSON pointer; `''` is the whole document. */
  readonly pointer: string
}

/**
 * Splits `text` at the longest of the `configs` it begins with. After it: `.a.b` (a dot in a name is written `\.`), or `#/a/b`, a
 * JSON pointer.
 *
 * @throws UserError when no config begins it, or the rest is not a path.
 */
export function splitKeyPath(text: string, configs: readonly string[]): KeyPath {
  const [config] = configs
    .filter((name) => text === name || text.startsWith(`${name}.`) || text.startsWith(`${name}#`))
    .toSorted((a, b) => b.length - a.length)
  if (config === undefined) {
    const wanted = text.split(/[.#]/)[0] ?? text
    const near = nearest(wanted, configs)
    throw new UserError(`there is no config "${wanted}"`, {
      code: 'not_found',
      hint:
        near === undefined ? `there are: ${configs.join(', ') || 'none'}` : `did you mean ${near}`,
    })
  }
  const rest = text.slice(config.length)
  if (rest === '') return { config, pointer: '' }
  if (rest.startsWith('#')) {
    const pointer = rest.slice(1)
    if (parsePointer(pointer) === undefined)
      throw new UserError(`"${pointer}" is not a JSON pointer`, { hint: 'such as #/banner/text' })
    return { config, pointer }
  }
  const tokens = rest
    .slice(1)
    .split(/(?<!\\)\./)
    .map((token) => token.replaceAll(String.raw`\.`, '.'))
  if (tokens.includes('')) throw new UserError(`"${text}" has an empty step`)
  return { config, pointer: formatPointer(tokens) }
}

/** The other way: for messages and for what can be typed again. */
export function keyPathText({ config, pointer }: KeyPath): string {
  const tokens = parsePointer(pointer) ?? []
  return [config, ...tokens.map((token) => token.replaceAll('.', String.raw`\.`))].join('.')
}
