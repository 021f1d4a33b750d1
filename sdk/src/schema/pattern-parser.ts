/**
 * The grammar of ECMA-262 regular expressions in Unicode mode, as `pattern` and `patternProperties` of JSON Schema use it.
 * Two liberties, since schemas in use take them: `\-` and other needless escapes of signs are read as the sign, and a
 * lone `{`, `}` or `]` stands for itself.
 */

/** Whether one code point passes. */
export type Test = (codePoint: number) => boolean

export type Node =
  | { readonly t: 'char'; readonly test: Test }
  /** What stands beside the place, as {@link kindOf} tells it. */
  | { readonly t: 'assert'; readonly holds: (before: number, after: number) => boolean }
  | { readonly t: 'look'; readonly node: Node; readonly ahead: boolean; readonly negated: boolean }
  | { readonly t: 'seq' | 'alt'; readonly of: readonly Node[] }
  | { readonly t: 'repeat'; readonly node: Node; readonly min: number; readonly max: number }

const MAX_DEPTH = 100
/** 0 the edge of the text, 1 a word character, 2 anything else. */
export const kindOf = (c: number): number => (c < 0 ? 0 : isWord(c) ? 1 : 2)

const isWord = (c: number): boolean =>
  c === 95 || (c >= 48 && c <= 57) || ((c | 32) >= 97 && (c | 32) <= 122 && c < 128)

const SPACE =
  '\\t-\\r \\u{a0}\\u{1680}\\u{2000}-\\u{200a}\\u{2028}\\u{2029}\\u{202f}\\u{205f}\\u{3000}\\u{feff}'
const CLASSES: Readonly<Record<string, string>> = { d: '0-9', s: SPACE, w: '0-9A-Za-z_' }
const CONTROLS: Readonly<Record<string, number>> = { f: 12, n: 10, r: 13, t: 9, v: 11 }

/** @throws SyntaxError naming the place. */
export function parsePattern(source: string): Node {
  const text = Array.from(source)
  let at = 0
  let depth = 0

  const fail = (message: string): never => {
    throw new SyntaxError(`pattern at ${at}: ${message}`)
  }
  const eat = (expected: string): boolean => {
    for (let i = 0; i < expected.length; i++) if (text[at + i] !== expected[i]) return false
    at += expected.length
    return true
  }
  const ahead = (form: RegExp): RegExpExecArray | null =>
    form.exec(text.slice(at, at + 80).join(''))

  const alternation = (): Node => {
    if (++depth > MAX_DEPTH) fail(`groups nest deeper than ${MAX_DEPTH}`)
    const of: Node[] = []
    do of.push(sequence())
    while (eat('|'))
    depth--
    return of.length === 1 && of[0] ? of[0] : { t: 'alt', of }
  }

  const sequence = (): Node => {
    const of: Node[] = []
    while (at < text.length && text[at] !== '|' && text[at] !== ')') {
      const node = atom()
      const bounds = quantifier()
      if (!bounds) of.push(node)
      else {
        if (node.t === 'assert' || node.t === 'look') fail('an assertion is not repeated')
        // A lazy quantifier finds the same texts.
        eat('?')
        if (quantifier()) fail('a quantifier follows a quantifier')
        of.push({ t: 'repeat', node, min: bounds[0], max: bounds[1] })
      }
    }
    return { t: 'seq', of }
  }

  const quantifier = (): readonly [number, number] | undefined => {
    if (eat('*')) return [0, Infinity]
    if (eat('+')) return [1, Infinity]
    if (eat('?')) return [0, 1]
    const match = ahead(/^\{(\d{1,9})(,(\d{0,9}))?\}/)
    if (!match) return undefined
    at += match[0].length
    const min = Number(match[1])
    const max = match[2] === undefined ? min : match[3] ? Number(match[3]) : Infinity
    return min <= max ? [min, max] : fail('a count runs backwards')
  }

  const atom = (): Node => {
    const c = text[at] ?? ''
    if ('*+?'.includes(c)) fail(`nothing to repeat before ${c}`)
    if (eat('(')) return group()
    if (eat('[')) return charClass()
    if (eat('.')) return charOf('\\n\\r\\u{2028}\\u{2029}', true)
    if (eat('^')) return assert((before) => before === 0)
    if (eat('$')) return assert((_, after) => after === 0)
    if (c !== '\\') return literal(codePoint())
    if (eat('\\b')) return assert((before, after) => (before === 1) !== (after === 1))
    if (eat('\\B')) return assert((before, after) => (before === 1) === (after === 1))
    const set = setEscape()
    return set ? charOf(set[0], set[1]) : literal(charEscape(false))
  }

  const group = (): Node => {
    const look = ahead(/^\?(<?)([=!])/)
    if (look) {
      at += look[0].length
      const node = closed()
      return { t: 'look', node, ahead: look[1] === '', negated: look[2] === '!' }
    }
    const name = ahead(/^\?(?::|<[A-Za-z_$][\w$]*>)/)
    if (name) at += name[0].length
    else if (text[at] === '?') fail('this kind of group is not known')
    return closed()
  }

  const closed = (): Node => {
    const node = alternation()
    return eat(')') ? node : fail('a group is not closed')
  }

  const codePoint = (): number => text[at++]?.codePointAt(0) ?? fail('the pattern ends too early')

  /** `\d`, `\W`, `\p{Letter}` as members of a class, and whether they are negated. */
  const setEscape = (): readonly [string, boolean] | undefined => {
    const match = ahead(/^\\(?:([dswDSW])|([pP])\{([A-Za-z_]+(?:=[A-Za-z_0-9]+)?)\})/)
    if (!match) return undefined
    const [all, perl, property, asked] = match
    if (perl) {
      at += all.length
      return [CLASSES[perl.toLowerCase()] ?? '', perl < 'a']
    }
    try {
      // Asks the engine whether it knows the property: only letters, digits and = can be in it.
      void new RegExp(`\\p{${asked ?? ''}}`, 'u')
    } catch {
      fail(`no Unicode class is named ${asked ?? ''}`)
    }
    at += all.length
    return [`\\p{${asked ?? ''}}`, property === 'P']
  }

  const charEscape = (inClass: boolean): number => {
    const match = ahead(
      /^\\(?:u\{([0-9A-Fa-f]{1,6})\}|u([dD][89abAB][0-9A-Fa-f]{2})\\u([dD][c-fC-F][0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|x([0-9A-Fa-f]{2})|c([A-Za-z]))/,
    )
    if (match) {
      at += match[0].length
      const [, braced, high, low, unit, byte, control] = match
      if (control) return control.charCodeAt(0) % 32
      if (high && low) {
        const [lead, trail] = [Number.parseInt(high, 16), Number.parseInt(low, 16)]
        return (lead - 0xd800) * 0x400 + (trail - 0xdc00) + 0x10000
      }
      const number = Number.parseInt(braced ?? unit ?? byte ?? '', 16)
      return number <= 0x10ffff ? number : fail('past the last code point')
    }
    at++
    const c = text[at] ?? ''
    const control = Object.hasOwn(CONTROLS, c) ? CONTROLS[c] : undefined
    if (control !== undefined) at++
    if (control !== undefined) return control
    if (c === '0' && !/\d/.test(text[at + 1] ?? '')) {
      at++
      return 0
    }
    if (inClass && c === 'b') {
      at++
      return 8
    }
    if (/[1-9k]/.test(c)) fail('what a group matched cannot be asked for again (a back-reference)')
    if (/^[0-9A-Za-z]?$/.test(c)) fail(`\\${c} means nothing`)
    return codePoint()
  }

  const charClass = (): Node => {
    const negated = eat('^')
    const tests: Test[] = []
    let members = ''
    while (!eat(']')) {
      if (at >= text.length) fail('a class is not closed')
      const set = setEscape()
      if (set) {
        if (set[1]) tests.push(classTest(set[0], true))
        else members += set[0]
        continue
      }
      const from = text[at] === '\\' ? charEscape(true) : codePoint()
      let to = from
      if (text[at] === '-' && text[at + 1] !== ']' && at + 1 < text.length) {
        const dash = at++
        // `[\w-.]`, and `[a-\d]`: the dash is one.
        if (setEscapeAhead()) at = dash
        else to = text[at] === '\\' ? charEscape(true) : codePoint()
        if (to < from) fail('a range runs backwards')
      }
      members += `${escape(from)}-${escape(to)}`
    }
    if (members !== '') tests.push(classTest(members, false))
    const [only] = tests
    if (only && tests.length === 1 && !negated) return { t: 'char', test: only }
    return { t: 'char', test: (c) => tests.some((test) => test(c)) !== negated }
  }

  const setEscapeAhead = (): boolean => ahead(/^\\[dswDSWpP]/) !== null

  const node = alternation()
  if (at < text.length) fail('unmatched )')
  return node
}

const escape = (c: number): string => `\\u{${c.toString(16)}}`

const assert = (holds: (before: number, after: number) => boolean): Node => ({ t: 'assert', holds })

const literal = (c: number): Node => ({ t: 'char', test: (other) => other === c })

const charOf = (members: string, negated: boolean): Node => ({
  t: 'char',
  test: classTest(members, negated),
})

/** A test for the class `members`, which holds only what this parser wrote. One code point cannot make V8 backtrack. */
function classTest(members: string, negated: boolean): Test {
  const re = new RegExp(`^[${members}]$`, 'u')
  const asks = (c: number): boolean => re.test(String.fromCodePoint(c)) !== negated
  // 0 not asked yet, 1 passes, 2 does not.
  const ascii = new Uint8Array(128)
  return (c) => {
    if (c > 127) return asks(c)
    const known = ascii[c]
    if (known) return known === 1
    const passes = asks(c)
    ascii[c] = passes ? 1 : 2
    return passes
  }
}
