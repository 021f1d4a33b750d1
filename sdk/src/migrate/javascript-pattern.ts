/**
 * JavaScript's regular expressions (without flags) written in RE2 syntax, where the two read the same text differently.
 * Left as they are, since no text people match on tells them apart: a character past U+FFFF is one here and two there.
 */

/** What `\s` is, and what `.` is not. */
const SPACE =
  '\\t-\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}'
const ANY = '[^\\n\\r\\x{2028}\\x{2029}]'
/** Letters after a backslash that mean the same in both. */
const SAME = 'dDwWbBfnrtv'

/**
 * `source` for the core's `compilePattern`; undefined when it is no regular expression in JavaScript. What RE2 has no word
 * for (look-around, back-references) stays as it is, for the compiler to refuse.
 */
export function patternFromJavaScript(source: string, ignoresCase = false): string | undefined {
  if (!isRegularExpression(source)) return undefined
  let text = ''
  let isInClass = false
  for (let at = 0; at < source.length;) {
    const token = tokenAt(source, at, isInClass)
    at += token.length
    if (token.startsWith('\\')) text += escapeOf(token, isInClass)
    else if (isInClass) {
      if (token === ']') isInClass = false
      text += token === '[' ? '\\[' : token
    } else if (token === '[^]') text += '(?s:.)'
    else if (token === '[]') text += '[^\\x00-\\x{10ffff}]'
    else {
      if (token.startsWith('[')) isInClass = true
      text += token === '.' ? ANY : token
    }
  }
  return ignoresCase ? `(?i)${text}` : text
}

/** Whether JavaScript takes it, without flags. */
export function isRegularExpression(source: string): boolean {
  try {
    // Only parsed: nothing is matched with it.
    void new RegExp(source)
    return true
  } catch {
    return false
  }
}

/** An escape, the start of a class (or an empty one whole), or one sign. */
const TOKEN = /\\u[\da-fA-F]{4}|\\x[\da-fA-F]{2}|\\c[A-Za-z]|\\[\s\S]?|\[\^?\]?|[\s\S]/y

function tokenAt(source: string, at: number, isInClass: boolean): string {
  TOKEN.lastIndex = at
  const token = TOKEN.exec(source)?.[0] ?? ''
  return isInClass && token.startsWith('[') ? '[' : token
}

function escapeOf(token: string, isInClass: boolean): string {
  const letter = token.charAt(1)
  if (token.length > 2) {
    if (letter === 'c') return `\\x{${(token.charCodeAt(2) % 32).toString(16)}}`
    return `\\x{${token.slice(2)}}`
  }
  if (letter === 's') return isInClass ? SPACE : `[${SPACE}]`
  // Within a class it has no other form; only rare spaces differ.
  if (letter === 'S') return isInClass ? '\\S' : `[^${SPACE}]`
  if (letter === 'b' && isInClass) return '\\x{8}'
  if (letter === '_') return '_'
  // In JavaScript any other letter stands for itself; a digit, or `\k`, asks for what a group matched.
  return /[A-Za-z]/.test(letter) && !SAME.includes(letter) && letter !== 'k' ? letter : token
}
