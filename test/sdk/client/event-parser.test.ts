import { describe, expect, test } from 'vitest'
import { eventParser } from '../../../sdk/src/client/event-parser.ts'

const MAX_CHARACTERS = 262_144

function parse(chunks: Iterable<string>): string[] {
  const found: string[] = []
  const push = eventParser(MAX_CHARACTERS, (data) => void found.push(data))
  for (const chunk of chunks) push(chunk)
  return found
}

// The stream is the key of the table; its events the value.
const STREAMS: Record<string, string[]> = {
  'data: one\n\n': ['one'],
  'data:one\n\n': ['one'],
  'data:  one\n\n': [' one'],
  'data: a\ndata: b\n\n': ['a\nb'],
  'event: head\nid: 1.2\ndata: {"type":"head"}\n\n': ['{"type":"head"}'],
  'data: one\r\n\r\ndata: two\r\rdata: three\n\n': ['one', 'two', 'three'],
  ': keep-alive\n\n': [],
  ': a\ndata: b\n: c\n\n': ['b'],
  '\n\n\n': [],
  'data\n\n': [],
  'datax: 1\n\n': [],
  'data: unfinished': [],
  'data: unfinished\n': [],
  'data:\n\n': [''],
}

describe('the event parser', () => {
  test.each(Object.entries(STREAMS))('reads %j, however it is cut', (stream, events) => {
    expect(parse([stream])).toEqual(events)
    expect(parse(stream)).toEqual(events)
    for (let at = 0; at <= stream.length; at++)
      expect(parse([stream.slice(0, at), '', stream.slice(at)])).toEqual(events)
  })

  test('gives up on a line, and on an event, that does not end', () => {
    const piece = 'x'.repeat(1000)
    expect(() => parse(Array.from({ length: 1 + MAX_CHARACTERS / 1000 }, () => piece))).toThrow(
      RangeError,
    )
    expect(() =>
      parse(Array.from({ length: 1 + MAX_CHARACTERS / 1000 }, () => `data: ${piece}\n`)),
    ).toThrow(RangeError)
  })

  test('takes a long event in single characters without going over it again and again', () => {
    const data = 'x'.repeat(MAX_CHARACTERS - 10)
    expect(parse(`data: ${data}\n\n`)).toEqual([data])
  })
})
