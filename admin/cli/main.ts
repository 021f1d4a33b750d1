/** From words to an exit code: finds the command, runs it, prints what it says. The only place that prints outcomes and faults. */
import { COMMANDS, GROUPS } from './commands/index.ts'
import type { Command, Outcome } from './frame/command.ts'
import { commandHelp, groupHelp, overview } from './frame/help.ts'
import type { Io } from './frame/io.ts'
import { findCommand, parseCall } from './frame/parse.ts'

/** Never rejects. */
export async function main(argv: readonly string[], io: Io, version: string): Promise<number> {
  // Known before the words are read, so that a fault in them is told the way it was asked for.
  const end = argv.indexOf('--')
  const asJson = (end === -1 ? argv : argv.slice(0, end)).includes('--json')
  try {
    const [first] = argv
    if (first === '--version' || first === '-v')
      return print({ text: version, json: { version } }, asJson, io)
    const found = findCommand(COMMANDS, argv)
    switch (found.kind) {
      case 'none':
        return print(
          {
            text: overview(GROUPS, io.colors),
            json: { commands: COMMANDS.map(({ name }) => name) },
          },
          asJson,
          io,
        )
      case 'group':
        return print({ text: groupHelp(found.group, COMMANDS, io.colors), json: null }, false, io)
      case 'command':
        return await runCommand(found.command, found.words, io, asJson)
    }
  } catch (error) {
    // Knows every error of the API, whose schemas no command that goes well should wait for.
    const { faultOf, faultText } = await import('./frame/fault.ts')
    const fault = faultOf(error)
    if (asJson) io.out(`${JSON.stringify({ error: fault })}\n`)
    else io.err(`${faultText(fault)}\n`)
    return 1
  }
}

async function runCommand(
  command: Command,
  words: readonly string[],
  io: Io,
  asJson: boolean,
): Promise<number> {
  const call = parseCall(command, words, io)
  if (call.is('help'))
    return print({ text: commandHelp(command, io.colors), json: null }, false, io)
  const run = await command.load()
  return print(await run(call), asJson, io)
}

function print({ text, json, exit = 0 }: Outcome, asJson: boolean, io: Io): number {
  if (asJson) {
    if (json !== undefined) io.out(`${JSON.stringify(json, null, 2)}\n`)
  } else if (text !== '') io.out(text.endsWith('\n') ? text : `${text}\n`)
  return exit
}
