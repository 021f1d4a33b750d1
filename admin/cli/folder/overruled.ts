/** Places where a mirror goes before the folder's own file. Pure. */

export interface Overruled {
  readonly mirror: string
  readonly config: string
  /** Empty: in the base layer. */
  readonly environment: string
  /** JSON pointer into the config. */
  readonly pointer: string
}

/** A line a place; `''` when there is none. */
export function overruledText(overruled: readonly Overruled[]): string {
  return overruled
    .map(
      ({ mirror, config, environment, pointer }) =>
        `mirror ${mirror} sets ${pointer} of config ${config}${environment === '' ? '' : ` in ${environment}`}, whatever its file says; driftless pull brings the file along`,
    )
    .join('\n')
}
