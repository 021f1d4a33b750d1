/** Reads what is stored as the type it was stored as. */
import type * as v from 'valibot'
import { parseWith } from '../../admin/contract/schema.ts'
import type { StoredItem } from '../objects/project/interface.ts'

/** @throws Error when the store holds what no write lets through: a fault of ours, not of the request. */
export function contentOf<S extends v.GenericSchema>(
  schema: S,
  item: StoredItem,
): v.InferOutput<S> {
  const parsed = parseWith(schema, item.content)
  if (parsed.ok) return parsed.value
  const [first] = parsed.issues
  throw new Error(
    `stored ${item.kind} does not fit its schema at ${first?.path ?? ''}: ${first?.message ?? ''}`,
  )
}
