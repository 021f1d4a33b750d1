/**
 * What a command is. One table of these (`commands/index.ts`) drives parsing, help, completion and docs/cli.md, so they cannot
 * disagree.
 */
import type { Io } from './io.ts'

export interface ArgumentSpec {
  readonly name: string
  readonly summary: string
  /** Default false. */
  readonly optional?: boolean
  /** Takes all that follow. Only the last argument may. */
  readonly rest?: boolean
}

export interface FlagSpec {
  /** Without the dashes. */
  readonly name: string
  readonly short?: string
  /** What stands for the value in help. Absent: a switch. */
  readonly value?: string
  /** Every value that is allowed. */
  readonly choices?: readonly string[]
  /** May be given several times. */
  readonly many?: boolean
  readonly summary: string
}

export interface Example {
  readonly run: string
  readonly does: string
}

export interface Command {
  /** The words after `driftless`: `flags list`. */
  readonly name: string
  readonly summary: string
  /** More, for its own help; plain sentences. */
  readonly notes?: string
  readonly arguments?: readonly ArgumentSpec[]
  readonly flags?: readonly FlagSpec[]
  /** What it talks to. `project` and `server` add --url, `project` also --project. */
  readonly needs: 'nothing' | 'server' | 'project'
  /** Adds --dry-run, --yes and --reason. */
  readonly writes?: boolean
  /** When exit code 2 is used, and for what. Absent: never. */
  readonly exit2?: string
  /** What `--json` prints, in words. */
  readonly json: string
  readonly examples: readonly Example[]
  readonly load: () => Promise<Run>
}

export type Run = (call: Call) => Promise<Outcome>

export interface Outcome {
  /** For people. Empty: nothing is printed. */
  readonly text: string
  /** For programs: anything `JSON.stringify` writes. */
  readonly json: unknown
  /** 0: done, or nothing differs (the default); 2: something differs; 1: it failed. Of `run`, the program's own. */
  readonly exit?: number
}

/** One call of a command, its arguments read by the table. Asking for a name that the table lacks throws: that is our fault. */
export interface Call {
  readonly io: Io
  readonly command: Command
  /** Of an argument that is not optional. */
  argument(name: string): string
  optional(name: string): string | undefined
  rest(name: string): readonly string[]
  text(flag: string): string | undefined
  list(flag: string): readonly string[]
  is(flag: string): boolean
}

interface Place {
  readonly path: string
  readonly message: string
}

/** What the caller did wrong, said to a person. Exit code 1, with no stack. */
export class UserError extends Error {
  /** Stable, for `--json`. */
  readonly code: string
  /** What to do about it. */
  readonly hint: string | undefined
  /** Each fault with its place, where there are several. */
  readonly errors: readonly Place[] | undefined

  constructor(
    message: string,
    options: {
      readonly code?: string
      readonly hint?: string
      readonly errors?: readonly Place[]
    } = {},
  ) {
    super(message)
    this.name = 'UserError'
    this.code = options.code ?? 'usage'
    this.hint = options.hint
    this.errors = options.errors
  }
}
