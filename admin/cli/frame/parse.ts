/** From words to a call, by the table. Pure. */
import { parseArgs } from 'node:util'
import { type ArgumentSpec, type Call, type Command, type FlagSpec, UserError } from './command.ts'
import { flagsOf } from './flags.ts'
import type { Io } from './io.ts'
import { nearest } from './nearest.ts'

export type Found =
  | { readonly kind: 'command'; readonly command: Command; readonly words: readonly string[] }
  /** `flags` alone: help for all `flags …`. */
  | { readonly kind: 'group'; readonly group: string }
  | { readonly kind: 'none' }

/**
 * The command that `argv` begins with; the longest name wins.
 *
 * @throws UserError for words that are none, with the nearest that is one.
 */
export function findCommand(commands: readonly Command[], argv: readonly string[]): Found {
  const end = argv.findIndex((word) => word.startsWith('-'))
  const words = end === -1 ? argv : argv.slice(0, end)
  const [first] = words
  if (first === undefined) return { kind: 'none' }
  for (let count = words.length; count > 0; count--) {
    const name = words.slice(0, count).join(' ')
    const command = commands.find((one) => one.name === name)
    if (command) return { kind: 'command', command, words: argv.slice(count) }
  }
  const inGroup = commands.filter((one) => one.name.startsWith(`${first} `))
  if (inGroup.length > 0 && words.length === 1) return { kind: 'group', group: first }
  const two = words.slice(0, 2).join(' ')
  const wanted = inGroup.length > 0 ? two : first
  const names = (inGroup.length > 0 ? inGroup : commands).map((one) => one.name)
  const groups = inGroup.length > 0 ? [] : names.map((name) => name.split(' ')[0] ?? '')
  const near = nearest(two, names) ?? nearest(first, [...names, ...groups])
  throw new UserError(`there is no command "${wanted}"`, {
    code: 'unknown_command',
    hint: near === undefined ? 'driftless --help lists them' : `did you mean: driftless ${near}`,
  })
}

/** @throws UserError naming the flag or argument. */
export function parseCall(command: Command, words: readonly string[], io: Io): Call {
  const specs = flagsOf(command)
  const options = Object.fromEntries(
    specs.map(({ name, short, value, many }) => [
      name,
      {
        type: value === undefined ? ('boolean' as const) : ('string' as const),
        ...(short !== undefined && { short }),
        ...(many !== undefined && { multiple: many }),
      },
    ]),
  )
  const { values, positionals } = readWords(command, words, options)
  for (const spec of specs) checkChoice(spec, values[spec.name])
  const named = values['help'] === true ? new Map() : bind(command, positionals)
  const flag = (name: string): string | boolean | readonly (string | boolean)[] | undefined => {
    if (!specs.some((spec) => spec.name === name))
      throw new TypeError(`${command.name} has no flag --${name}`)
    return values[name]
  }
  const argument = (name: string): readonly string[] => {
    if (command.arguments?.some((spec) => spec.name === name) !== true)
      throw new TypeError(`${command.name} has no argument ${name}`)
    return named.get(name) ?? []
  }
  return {
    io,
    command,
    argument: (name) => argument(name)[0] ?? '',
    optional: (name) => argument(name)[0],
    rest: argument,
    text(name) {
      const value = flag(name)
      return typeof value === 'string' ? value : undefined
    },
    list(name) {
      const value = flag(name)
      return Array.isArray(value) ? value.map(String) : []
    },
    is: (name) => flag(name) === true,
  }
}

type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

function readWords(
  command: Command,
  words: readonly string[],
  options: NonNullable<Parameters<typeof parseArgs>[0]>['options'] & object,
): { readonly values: Values; readonly positionals: readonly string[] } {
  try {
    return parseArgs({ args: [...words], options, allowPositionals: true, strict: true })
  } catch (error) {
    const [sentence = ''] = String(error instanceof Error ? error.message : error).split('. ')
    const unknown = /'(--?[^']+)'/.exec(sentence)?.[1]
    const names = Object.keys(options).map((name) => `--${name}`)
    const near = unknown === undefined ? undefined : nearest(unknown, names)
    throw new UserError(sentence.charAt(0).toLowerCase() + sentence.slice(1), {
      hint: near === undefined ? `driftless ${command.name} --help` : `did you mean ${near}`,
    })
  }
}

function checkChoice({ name, choices }: FlagSpec, value: unknown): void {
  if (choices === undefined || value === undefined) return
  const given = Array.isArray(value) ? value : [value]
  for (const one of given)
    if (!choices.includes(String(one)))
      throw new UserError(`--${name} must be one of ${choices.join(', ')}`)
}

function bind(command: Command, given: readonly string[]): Map<string, readonly string[]> {
  const specs: readonly ArgumentSpec[] = command.arguments ?? []
  const bound = new Map<string, readonly string[]>()
  let at = 0
  for (const { name, optional, rest } of specs) {
    const taken = rest === true ? given.slice(at) : given.slice(at, at + 1)
    at += taken.length
    if (taken.length === 0 && optional !== true)
      throw new UserError(`${name} is missing`, { hint: `driftless ${command.name} --help` })
    bound.set(name, taken)
  }
  if (at < given.length)
    throw new UserError(`"${given[at]}" is one argument too many`, {
      hint: `driftless ${command.name} --help`,
    })
  return bound
}
