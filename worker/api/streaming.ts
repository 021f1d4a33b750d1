/** A JSON answer that is written while it is read: an object whose last member is a list too long to hold. */

/**
 * The text of `{...members, "items": [...]}`, `members` not being empty. The first elements are awaited, so that what is
 * refused is still an answer of its own; what fails later breaks the answer off, which no client takes for its end.
 */
export async function streamItems(
  members: Readonly<Record<string, unknown>>,
  batches: AsyncIterator<readonly unknown[]>,
): Promise<ReadableStream<Uint8Array>> {
  const encoder = new TextEncoder()
  let before = `${JSON.stringify(members).slice(0, -1)},"items":[`
  let after = `${before}]}`
  let next = await batches.next()
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      while (next.done !== true) {
        const text = next.value.map((item) => JSON.stringify(item)).join(',')
        if (text !== '') controller.enqueue(encoder.encode(before + text))
        next = await batches.next()
        if (text === '') continue
        before = ','
        after = ']}'
        return
      }
      controller.enqueue(encoder.encode(after))
      controller.close()
    },
    async cancel() {
      await batches.return?.()
    },
  })
}
