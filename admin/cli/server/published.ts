/** What is published of a project, at one revision. */
import { type Items, itemsOfExport } from '../folder/items.ts'
import type { ProjectSession } from '../frame/settings.ts'

export interface Published {
  readonly revision: number
  readonly items: Items
}

/** `revision` default: the newest. */
export async function readPublished(
  { client, project }: ProjectSession,
  revision?: number,
): Promise<Published> {
  const { body } = await client.exportProject({
    parameters: { project },
    ...(revision !== undefined && { query: { revision: String(revision) } }),
  })
  return { revision: body.revision, items: itemsOfExport(body.items) }
}
