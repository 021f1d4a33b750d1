/** The command line in this process, with a world of its own: what it was asked, and all that it printed. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Io } from '../../admin/cli/frame/io.ts'
import { main } from '../../admin/cli/main.ts'

export interface CliResult {
  readonly code: number
  readonly out: string
  readonly err: string
  /** What `--json` printed; throws when it is not JSON. */
  json(): unknown
}

export interface CliOptions {
  readonly stdin?: string
  /** Answers to questions, in order; with it there is a terminal. True and false answer a confirmation. */
  readonly answers?: readonly (string | boolean | undefined)[]
  /** Default: the folder of this command line. */
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  readonly fetch?: Io['fetch']
  readonly sleep?: Io['sleep']
  /** Called with each text as it is printed. */
  readonly onPrint?: (text: string) => void
}

export interface Cli {
  /** Its folder, empty at first; its home is below another. */
  readonly folder: string
  run(words: readonly string[], options?: CliOptions): Promise<CliResult>
  close(): Promise<void>
}

const plain = (text: string): string => text
const COLORS = { bold: plain, dim: plain, red: plain, green: plain, yellow: plain, cyan: plain }

/** `env` is all the environment there is, besides a home of its own. */
export async function createCli(env: Readonly<Record<string, string>> = {}): Promise<Cli> {
  const root = await mkdtemp(join(tmpdir(), 'driftless-cli-'))
  const folder = await mkdtemp(join(root, 'folder-'))
  const home = await mkdtemp(join(root, 'home-'))
  return {
    folder,
    async run(words, options = {}) {
      let out = ''
      let err = ''
      const answers = [...(options.answers ?? [])]
      const io: Io = {
        env: { HOME: home, XDG_CONFIG_HOME: home, ...env, ...options.env },
        cwd: options.cwd ?? folder,
        out(text) {
          out += text
          options.onPrint?.(text)
        },
        err(text) {
          err += text
          options.onPrint?.(text)
        },
        isTerminal: options.answers !== undefined,
        colors: COLORS,
        ask: {
          confirm: async () => answers.shift() === true,
          secret: async () => textOf(answers.shift()),
          text: async () => textOf(answers.shift()),
        },
        stdin: async () => options.stdin ?? '',
        fetch: options.fetch ?? ((url, init) => fetch(url, init)),
        nowMs: () => Date.now(),
        sleep: options.sleep ?? (() => Promise.reject(new Error('nothing here should wait'))),
        signal: options.signal ?? new AbortController().signal,
      }
      const code = await main(words, io, '0.0.0-test')
      return {
        code,
        out,
        err,
        json: (): unknown => JSON.parse(out),
      }
    },
    close: () => rm(root, { recursive: true, force: true }),
  }
}

const textOf = (answer: string | boolean | undefined): string | undefined =>
  typeof answer === 'string' ? answer : undefined
