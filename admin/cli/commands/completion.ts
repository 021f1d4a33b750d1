/** `completion`: a script for a shell. */
import { type Call, type Outcome, UserError } from '../frame/command.ts'
import { completion, SHELLS } from '../frame/completion.ts'
import { COMMANDS } from './index.ts'

export async function complete(call: Call): Promise<Outcome> {
  const shell = SHELLS.find((one) => one === call.argument('shell'))
  if (shell === undefined) throw new UserError(`shell must be one of ${SHELLS.join(', ')}`)
  const script = completion(shell, COMMANDS)
  return { text: script, json: { shell, script } }
}
