/** The entity tag of the admin API is the revision in quotes: what a GET answers is what the next write is based on. */

export function revisionTag(revision: number): string {
  return `"${revision}"`
}

/** The revision of a tag; undefined when it is none. Weak tags and lists are none: a write needs one exact base. */
export function revisionOfTag(tag: string): number | undefined {
  const digits = /^"(0|[1-9][0-9]{0,14})"$/.exec(tag)?.[1]
  return digits === undefined ? undefined : Number(digits)
}
