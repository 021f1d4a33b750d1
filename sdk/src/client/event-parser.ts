/**
 * A parser for `text/event-stream` (HTML standard §9.2.6) with a bounded buffer. Only `data` is kept: our messages carry their
 * own type and position.
 */

/**
 * Takes decoded chunks, cut anywhere, and calls `onData` with the data of each whole event. Throws once an unfinished event is
 * longer than `maxCharacters`. Each character is looked at once, however small the chunks are.
 */
export function eventParser(
  maxCharacters: number,
  onData: (data: string) => void,
): (chunk: string) => void {
  let rest = ''
  let data: string | undefined
  let endedInCr = false
  return (chunk) => {
    if (!chunk) return
    // A line break of two characters may be cut in the middle.
    const lines = (endedInCr && chunk.startsWith('\n') ? chunk.slice(1) : chunk).split(/\r\n|\r|\n/)
    endedInCr = chunk.endsWith('\r')
    lines[0] = rest + (lines[0] ?? '')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (line.startsWith('data:')) {
        const value = line.slice(line[5] === ' ' ? 6 : 5)
        data = data === undefined ? value : `${data}\n${value}`
      } else if (!line && data !== undefined) {
        onData(data)
        data = undefined
      }
    }
    if (rest.length + (data?.length ?? 0) > maxCharacters) throw new RangeError('event too long')
  }
}
