/**
 * Names from other systems as keys of ours (design §10: `^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`). A name that fits stays as it
 * is. Any other becomes `utf8-` and its UTF-8 bytes: letters, digits, "." and "_" as they are, the rest as "-" and two
 * hex digits. So two names never share a key, and a key tells its name.
 */
const KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/
const PREFIX = 'utf8-'

/** The key of `name`; undefined when there is none: the empty name, a lone surrogate, or more than 128 characters once written out. */
export function keyFromName(name: string): string | undefined {
  if (name === '') return undefined
  if (KEY.test(name) && !name.startsWith(PREFIX)) return name
  const written = escaped(name)
  return written !== undefined && KEY.test(PREFIX + written) ? PREFIX + written : undefined
}

/** The name `key` was made from. */
export function nameFromKey(key: string): string {
  if (!key.startsWith(PREFIX)) return key
  try {
    return decodeURIComponent(key.slice(PREFIX.length).replaceAll('-', '%'))
  } catch {
    return key
  }
}

function escaped(name: string): string | undefined {
  try {
    return encodeURIComponent(name)
      .replace(/[-!~*'()]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
      .replace(/%(..)/g, (_, digits: string) => `-${digits.toLowerCase()}`)
  } catch {
    // A lone surrogate has no UTF-8.
    return undefined
  }
}
