/** All that a command may touch of the world around it. Tests hand in their own. */

export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute. */
  readonly cwd: string
  /** To standard output: as it is, but for control characters on a terminal. */
  out(text: string): void
  /** To standard error, likewise. */
  err(text: string): void
  /** Whether somebody can be asked: input and output are a terminal. */
  readonly isTerminal: boolean
  readonly colors: Colors
  /** Only where `isTerminal`. */
  readonly ask: Questions
  /** All of standard input. */
  stdin(): Promise<string>
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>
  /** Milliseconds since 1970. */
  nowMs(): number
  /** Resolves after `ms`, or at once when `signal` aborts. */
  sleep(ms: number): Promise<void>
  /** Aborts at Ctrl-C. */
  readonly signal: AbortSignal
}

export interface Questions {
  /** False also when the person cancels. */
  confirm(message: string): Promise<boolean>
  /** Not echoed. Undefined when the person cancels. */
  secret(message: string): Promise<string | undefined>
  text(message: string, initial: string): Promise<string | undefined>
}

type Paint = (text: string) => string

export interface Colors {
  readonly bold: Paint
  readonly dim: Paint
  readonly red: Paint
  readonly green: Paint
  readonly yellow: Paint
  readonly cyan: Paint
  /** Columns of the terminal; absent: what is printed is not for one. */
  readonly width?: number
}
