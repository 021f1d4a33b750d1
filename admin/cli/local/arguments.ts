/** The flags of `npm start --`: read once, refused with what would be right. */
import { parseArgs } from 'node:util'

export interface StartArguments {
  /** No demo project, no example app. */
  readonly empty: boolean
  readonly port: number
  readonly dataDir: string
}

export const USAGE = `npm start -- [--empty] [--port N] [--data DIR]

  --empty      no demo project and no example app
  --port N     where the platform listens, 1 to 65534 (default 8787); the example app takes the next port
  --data DIR   where its state is kept (default .driftless)

Environment: DRIFTLESS_OWNER_TOKEN and DRIFTLESS_MASTER_KEY; else both are created once and kept in DIR.`

/** @throws TypeError that names the flag and what would be right. */
export function parseArguments(argv: readonly string[]): StartArguments | 'help' {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      empty: { type: 'boolean', default: false },
      port: { type: 'string', default: '8787' },
      data: { type: 'string', default: '.driftless' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })
  if (values.help) return 'help'
  const port = /^[0-9]{1,5}$/.test(values.port) ? Number(values.port) : 0
  if (port < 1 || port > 65_534)
    throw new TypeError(`--port must be an integer from 1 to 65534, not ${values.port}`)
  if (values.data === '') throw new TypeError('--data must name a directory')
  return { empty: values.empty, port, dataDir: values.data }
}
