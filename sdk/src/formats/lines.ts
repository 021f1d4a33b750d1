/** One `name = value` in a format of lines, ENV or INI, and where it stands. */
export interface Line {
  readonly name: string
  readonly value: string
  /** Where the name, or what stands before it, begins. */
  readonly start: number
  /** The value as it is written: `[from, to)`. */
  readonly from: number
  readonly to: number
}
