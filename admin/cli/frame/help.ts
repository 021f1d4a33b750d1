/** Help out of the table of commands. Pure. */
import type { ArgumentSpec, Command, FlagSpec } from './command.ts'
import { flagsOf } from './flags.ts'
import type { Colors } from './io.ts'
import { table } from './table.ts'

export interface Group {
  readonly title: string
  readonly commands: readonly Command[]
}

/** What a command is called with: `set <path> [value]`. */
export function usage({ name, arguments: specs = [] }: Command): string {
  return ['driftless', name, ...specs.map(argumentText)].join(' ')
}

function argumentText({ name, optional, rest }: ArgumentSpec): string {
  const text = rest === true ? `${name}…` : name
  return optional === true ? `[${text}]` : `<${text}>`
}

export function flagText({ name, short, value }: FlagSpec): string {
  return `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`
}

export function flagSummary({ summary, choices, many }: FlagSpec): string {
  const among = choices === undefined ? '' : ` One of ${choices.join(', ')}.`
  return `${summary}${among}${many === true ? ' May be repeated.' : ''}`
}

export function overview(groups: readonly Group[], colors: Colors): string {
  const sections = groups.map(
    ({ title, commands }) =>
      `${colors.bold(title)}\n${rows(
        commands.map(({ name, summary }) => [colors.cyan(name), summary] as const),
        colors,
      )}`,
  )
  return [
    `${colors.bold('driftless')} <command> [arguments] [--flags]`,
    ...sections,
    'driftless <command> --help tells more. Exit codes: 0 done, 2 something differs, 1 failed.',
  ].join('\n\n')
}

export function groupHelp(group: string, commands: readonly Command[], colors: Colors): string {
  const inGroup = commands.filter(({ name }) => name.startsWith(`${group} `))
  return table(
    inGroup.map((one) => [colors.cyan(usage(one)), one.summary]),
    colors.width,
  )
}

const rows = (list: readonly (readonly [string, string])[], { width }: Colors): string =>
  table(
    list.map(([a, b]) => [`  ${a}`, b]),
    width,
  )

export function commandHelp(command: Command, colors: Colors): string {
  const { summary, notes, arguments: specs = [], examples, exit2, json } = command
  const section = (title: string, body: string): string => `${colors.bold(title)}\n${body}`
  return [
    `${colors.bold(usage(command))}\n${summary}${notes === undefined ? '' : `\n\n${notes}`}`,
    ...(specs.length === 0
      ? []
      : [
          section(
            'Arguments',
            rows(
              specs.map((spec) => [argumentText(spec), spec.summary]),
              colors,
            ),
          ),
        ]),
    section(
      'Flags',
      rows(
        flagsOf(command).map((flag) => [flagText(flag), flagSummary(flag)]),
        colors,
      ),
    ),
    section(
      'Examples',
      examples.map(({ run, does }) => `  ${colors.dim(`# ${does}`)}\n  ${run}`).join('\n'),
    ),
    section('With --json', `  ${json}`),
    `Exit codes: 0 ${exit2 === undefined ? 'done' : 'done, nothing differs'}${exit2 === undefined ? '' : `, 2 ${exit2}`}, 1 failed.`,
  ].join('\n\n')
}
