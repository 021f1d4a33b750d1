/**
 * Documents with secrets in them (docs/design/0009-secrets-in-configs.md): the application reads the values as members, and what
 * prints or serialises the document, or a part of it, gets `[redacted]` in their place.
 */

const REDACTED = '[redacted]'

/** `value`, whose objects and lists now hide the `secrets` in their texts from JSON.stringify and from Node's inspect. */
export function withRedaction(value: unknown, secrets: readonly string[]): unknown {
  // The longest first: one may be a part of another.
  const hidden = secrets.filter((text) => text !== '').toSorted((a, b) => b.length - a.length)
  const shown = (part: unknown): unknown => {
    if (typeof part === 'string')
      return hidden.reduce((text, secret) => text.replaceAll(secret, () => REDACTED), part)
    if (Array.isArray(part)) return part.map(shown)
    if (!isPlain(part)) return part
    return Object.fromEntries(Object.entries(part).map(([name, member]) => [name, shown(member)]))
  }
  const mark = (part: unknown): void => {
    if (!Array.isArray(part) && !isPlain(part)) return
    Object.values(part).forEach(mark)
    if (!Object.isExtensible(part) || Object.hasOwn(part, 'toJSON')) return
    const show = { value: () => shown(part) }
    Object.defineProperties(part, {
      toJSON: show,
      [Symbol.for('nodejs.util.inspect.custom')]: show,
    })
  }
  mark(value)
  return value
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
