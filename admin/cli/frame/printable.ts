/**
 * What a terminal may be given. Names, reasons and what instances say of themselves come from others, some from whoever holds a
 * key that stands in a web page: a control character in one must not move the cursor, set a title or type for the reader.
 */

/** The colours that this program writes itself, and line ends. */
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const HARMLESS = /\u001B\[(?:0|1|2|22|3[0-9])m|\r?\n|\t/y
/** C0, DEL, C1, and what turns the direction of text around. */
// oxlint-disable-next-line no-control-regex -- control characters are what this is about
const CONTROL = /[\u0000-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]/g

/** `text` with each control character written as its code, such as `\u001b`. */
export function printable(text: string): string {
  let end = 0
  return text.replaceAll(CONTROL, (character, at: number) => {
    if (at < end) return character
    HARMLESS.lastIndex = at
    const harmless = HARMLESS.exec(text)?.[0]
    if (harmless !== undefined) {
      end = at + harmless.length
      return character
    }
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
  })
}
