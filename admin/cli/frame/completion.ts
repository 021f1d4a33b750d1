/** Completion scripts for shells, out of the table of commands. Pure. They know words and flags; they never call the network. */
import type { Command } from './command.ts'
import { flagsOf } from './flags.ts'

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

export function completion(shell: Shell, commands: readonly Command[]): string {
  switch (shell) {
    case 'bash':
      return bash(commands)
    case 'zsh':
      return zsh(commands)
    case 'fish':
      return fish(commands)
  }
}

const firstWords = (commands: readonly Command[]): string[] => [
  ...new Set(commands.map(({ name }) => name.split(' ')[0] ?? name)),
]

/** The words that may follow each first word. */
const secondWords = (commands: readonly Command[]): Map<string, string[]> => {
  const found = new Map<string, string[]>()
  for (const { name } of commands) {
    const [first = '', second] = name.split(' ')
    if (second !== undefined) found.set(first, [...(found.get(first) ?? []), second])
  }
  return found
}

const flagNames = (command: Command): string[] => flagsOf(command).map(({ name }) => `--${name}`)

/** What may stand after each name of a command or group. */
function continuations(commands: readonly Command[]): [string, string[]][] {
  const groups = secondWords(commands)
  const names = commands.map(
    (command) =>
      [command.name, [...(groups.get(command.name) ?? []), ...flagNames(command)]] as [
        string,
        string[],
      ],
  )
  const bare = [...groups].filter(([group]) => !commands.some(({ name }) => name === group))
  return [...names, ...bare]
}

function bash(commands: readonly Command[]): string {
  const cases = continuations(commands).map(
    ([name, words]) => `    '${name}') words='${words.join(' ')}' ;;`,
  )
  return `# driftless: completion for bash; put it in ~/.bashrc: eval "$(driftless completion bash)"
_driftless() {
  local current="\${COMP_WORDS[COMP_CWORD]}" name='' word words index
  for ((index = 1; index < COMP_CWORD && index < 3; index++)); do
    word="\${COMP_WORDS[index]}"
    case "$word" in -*) break ;; esac
    name="\${name:+$name }$word"
  done
  while :; do
    case "$name" in
    '') words='${firstWords(commands).join(' ')}' ;;
${cases.join('\n')}
    *' '*) name="\${name% *}"; continue ;;
    *) words='' ;;
    esac
    break
  done
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _driftless driftless
`
}

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

function zsh(commands: readonly Command[]): string {
  const cases = continuations(commands).map(
    ([name, words]) => `    '${name}') words=(${words.join(' ')}) ;;`,
  )
  return `#compdef driftless
# driftless: completion for zsh; put it in ~/.zshrc: eval "$(driftless completion zsh)"
_driftless() {
  local name='' word index
  local -a words_before=("\${words[@]}") words
  for ((index = 2; index < CURRENT && index < 4; index++)); do
    word="\${words_before[index]}"
    [[ "$word" == -* ]] && break
    name="\${name:+$name }$word"
  done
  while true; do
    case "$name" in
    '') words=(${firstWords(commands).join(' ')}) ;;
${cases.join('\n')}
    *' '*) name="\${name% *}"; continue ;;
    *) words=() ;;
    esac
    break
  done
  compadd -- $words
  _files
}
compdef _driftless driftless
`
}

function fish(commands: readonly Command[]): string {
  const first = firstWords(commands)
  const groups = secondWords(commands)
  const summary = (name: string): string =>
    commands.find((one) => one.name === name)?.summary ?? `${name} …`
  const lines = [
    ...first.map(
      (word) =>
        `complete -c driftless -n __fish_use_subcommand -f -a ${word} -d ${quoted(summary(word))}`,
    ),
    ...[...groups].flatMap(([group, words]) =>
      words.map(
        (word) =>
          `complete -c driftless -n '__fish_seen_subcommand_from ${group}' -f -a ${word} -d ${quoted(summary(`${group} ${word}`))}`,
      ),
    ),
    ...commands.flatMap((command) => {
      const seen = command.name.split(' ').map((word) => `__fish_seen_subcommand_from ${word}`)
      return flagsOf(command).map(
        ({ name, short, value, summary: what }) =>
          `complete -c driftless -n '${seen.join('; and ')}' -l ${name}${short === undefined ? '' : ` -s ${short}`}${value === undefined ? '' : ' -r'} -d ${quoted(what)}`,
      )
    }),
  ]
  return `# driftless: completion for fish; put it in ~/.config/fish/completions/driftless.fish\n${lines.join('\n')}\n`
}
