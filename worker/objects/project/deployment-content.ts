/** What a deployment is about: items as declared, as everybody has them, and the name of an environment's content. */
import { itemsOver } from '../../domain/items.ts'
import { composeSnapshot } from '../../domain/snapshot.ts'
import { digest } from '../sha256.ts'
import { readRelease, type ReleaseRow } from './deployment-rows.ts'
import { AUDIENCES } from './outbox.ts'
import { readProject } from './project-row.ts'
import type { Items } from '../../domain/items.ts'
import type { CommitPorts } from './commit.ts'

/** What everybody has, by what is written down of the environment's release. */
export function stableItems(
  { store: items }: CommitPorts,
  release: ReleaseRow | undefined,
  current: Items,
): Items {
  return release === undefined ? current : itemsOver(items.asOf(release.stableRevision))
}

/** What everybody has in an environment. */
export function stableItemsOf(ports: CommitPorts, environment: string, current: Items): Items {
  return stableItems(ports, readRelease(ports.storage.sql, environment), current)
}

/** As declared now; undefined where no project is. */
export function currentItems({ storage, store: items }: CommitPorts): Items | undefined {
  const project = readProject(storage.sql)
  return project && itemsOver(items.current(project.revision))
}

export function currentContent(ports: CommitPorts, environment: string): string | undefined {
  const items = currentItems(ports)
  return items && contentOf(ports, items, environment)
}

/** Names what both audiences get, whatever the revision: two revisions of one content have one name. */
export function contentOf(
  { storage, store: items }: CommitPorts,
  at: Items,
  environment: string,
): string {
  const project = readProject(storage.sql)?.name ?? ''
  const texts = AUDIENCES.map((audience) =>
    composeSnapshot(at, { project, environment, audience }, items.renderer).textAt(0),
  )
  return digest(texts.join('\n')).sha256
}
