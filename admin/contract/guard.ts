/** The change guard: what is found, and how it is acknowledged. docs/deployments.md says what each kind is. */
import * as v from 'valibot'

const KINDS = ['grows', 'shrinks', 'changes'] as const
const kind = v.picklist(KINDS)

/** In a body: a list of kinds. */
export const acknowledgeList = v.pipe(v.array(kind), v.maxLength(KINDS.length))

/** In a query: kinds with commas between. */
export const acknowledgeText = v.pipe(
  v.string(),
  v.maxLength(64),
  v.transform((text) => text.split(',')),
  v.array(v.picklist(KINDS, `must be of ${KINDS.join(', ')}, with commas between`)),
)

/** `before`, `after`: characters of content; of `changes` the items there were and those that differ. */
export const guardFindings = v.pipe(
  v.array(v.object({ environment: v.string(), kind, before: v.number(), after: v.number() })),
  v.readonly(),
)
