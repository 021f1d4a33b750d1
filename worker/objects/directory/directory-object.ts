/**
 * The one directory of an installation: project names with their epochs, admin tokens, signing keys, and the audit of
 * what belongs to no project. Never on the read path.
 */
import { DurableObject } from 'cloudflare:workers'
import { type PublicJwk, formatKey } from '#core'
import { randomBytes, randomSecret } from '../../crypto/random.ts'
import { parseMasterKeys } from '../../crypto/master-key.ts'
import { createSigner, createSigningKey } from '../../crypto/signing.ts'
import { type Result, fail, ok } from '../../domain/errors.ts'
import { type Act, appendAudit, by, readAudit } from '../audit-chain.ts'
import { Checkpoints } from '../checkpoints.ts'
import { asRefusal } from '../refusal.ts'
import { migrate } from '../migrate.ts'
import { reportFault } from '../report.ts'
import { projectStub } from '../stubs.ts'
import { parseRate } from '../../domain/rate.ts'
import { tokenPrefix } from '../../domain/token.ts'
import type {
  AuditBounds,
  AuditEntry,
  AuditRequest,
  AuditStretch,
  Caller,
  Denial,
  Page,
} from '../project/interface.ts'
import { digest } from '../sha256.ts'
import type {
  AdminTokenInfo,
  Authentication,
  Credential,
  DirectoryRpc,
  NewSession,
  ProjectEntry,
  SigningKey,
  TokenRequest,
  TokenRotation,
} from './interface.ts'
import { DIRECTORY_MIGRATIONS } from './migrations.ts'
import { Gate, TOKEN_RATE } from './authenticate.ts'
import { deleteSession, insertSession } from './sessions.ts'
import { listProjects, registerProject, unregisterProject } from './projects.ts'
import {
  currentSigningKey,
  isUsable,
  postponeResigning,
  projectsToResign,
  publicKeys,
  replaceSigningKey,
  requestResigning,
  resigned,
  resigningDueMs,
  revokeSigningKey,
} from './signing-keys.ts'
import { insertToken, isLive, listTokens, readToken, replaceToken, revokeToken } from './tokens.ts'

const RESIGN_RETRY_MS = 10_000

export class DirectoryObject extends DurableObject<Env> implements DirectoryRpc {
  readonly #sql: SqlStorage
  readonly #gate: Gate
  readonly #checkpoints: Checkpoints

  constructor(state: DurableObjectState, env: Env) {
    super(state, env)
    this.#sql = state.storage.sql
    this.#gate = new Gate(this.#sql, parseRate(env.TOKEN_RATE ?? '') ?? TOKEN_RATE)
    migrate(state.storage, DIRECTORY_MIGRATIONS)
    const nowMs = (): number => this.nowMs()
    this.#checkpoints = new Checkpoints({
      sql: this.#sql,
      sign: async (claims) => {
        const masterKeys = parseMasterKeys(env.MASTER_KEY)
        const currentKey = () => this.signingKey()
        return createSigner({ masterKeys, currentKey, nowMs }).signCheckpoint(claims)
      },
      issuer: env.ISSUER,
      audience: () => 'audit',
      nowMs,
      report: (error) => reportFault('audit not signed', error),
    })
  }

  // Fields, so that a test can put its own here; RPC reaches methods only.
  nowMs = (): number => Date.now()
  resignProject = (name: string): Promise<void> => projectStub(this.env, name).resign()
  putKeySet = (text: string): Promise<void> => this.env.SNAPSHOTS.put('jwks', text)

  async projects(): Promise<readonly ProjectEntry[]> {
    return listProjects(this.#sql)
  }

  async createProject(name: string, reason: string, caller: Caller): Promise<Result<ProjectEntry>> {
    const act = { action: 'project.create', target: name, reason }
    return this.#act(act, caller, (atMs) => registerProject(this.#sql, name, atMs))
  }

  async removeProject(
    name: string,
    reason: string,
    caller: Caller,
  ): Promise<Result<{ name: string }>> {
    const act = { action: 'project.delete', target: name, reason }
    return this.#act(act, caller, (atMs) => unregisterProject(this.#sql, name, atMs))
  }

  async tokens(): Promise<readonly AdminTokenInfo[]> {
    return listTokens(this.#sql)
  }

  async createToken(
    request: TokenRequest,
    caller: Caller,
  ): Promise<Result<AdminTokenInfo & { token: string }>> {
    const { reason, ...members } = request
    const id = crypto.randomUUID()
    return this.#act({ action: 'token.create', target: `token/${id}`, reason }, caller, (atMs) =>
      ok(this.#newToken(id, members, atMs)),
    )
  }

  async rotateToken(
    { id, overlapMs, reason, ...given }: TokenRotation,
    caller: Caller,
  ): Promise<Result<AdminTokenInfo & { token: string }>> {
    const newId = crypto.randomUUID()
    return this.#act({ action: 'token.rotate', target: `token/${id}`, reason }, caller, (atMs) => {
      const old = readToken(this.#sql, id)
      if (old === null || !isLive(old, atMs)) {
        return fail({ reason: 'not_found', noun: 'token', name: id })
      }
      const { name, grants, cidrs } = old
      const lifeMs = old.expiresAtMs === null ? null : old.expiresAtMs - old.createdAtMs
      const expiresAtMs =
        given.expiresAtMs === undefined
          ? lifeMs === null
            ? null
            : atMs + lifeMs
          : given.expiresAtMs
      replaceToken(this.#sql, id, newId, atMs + overlapMs)
      return ok(this.#newToken(newId, { name, grants, cidrs, expiresAtMs }, atMs))
    })
  }

  #newToken(
    id: string,
    members: Pick<AdminTokenInfo, 'name' | 'grants' | 'cidrs' | 'expiresAtMs'>,
    atMs: number,
  ): AdminTokenInfo & { token: string } {
    const token = formatKey('admin', undefined, undefined, randomSecret())
    const info: AdminTokenInfo = {
      id,
      ...members,
      prefix: tokenPrefix(token),
      createdAtMs: atMs,
      revokedAtMs: null,
      lastUsedAtMs: null,
      rotatedTo: null,
    }
    insertToken(this.#sql, info, digest(token).sha256)
    return { ...info, token }
  }

  async revokeToken(id: string, reason: string, caller: Caller): Promise<Result<{ id: string }>> {
    const act = { action: 'token.revoke', target: `token/${id}`, reason }
    return this.#act(act, caller, (atMs) => revokeToken(this.#sql, id, atMs))
  }

  async authenticate(credential: Credential, address: string | null): Promise<Authentication> {
    return this.#gate.authenticate(credential, address, this.nowMs())
  }

  async recordDenial(denial: Denial, caller: Caller): Promise<void> {
    this.#gate.recordDenial(denial, caller, this.nowMs())
  }

  async createSession(
    session: NewSession,
    caller: Caller,
  ): Promise<{ readonly expiresAtMs: number }> {
    return this.ctx.storage.transactionSync(() => {
      const atMs = this.nowMs()
      const made = insertSession(this.#sql, session, caller, atMs)
      const act = { action: 'session.create', target: `session/${session.sha256.slice(0, 16)}` }
      appendAudit(this.#sql, { ...act, atMs, ...by(caller), reason: 'Signed in' })
      return made
    })
  }

  async endSession(sha256: string, caller: Caller): Promise<void> {
    this.ctx.storage.transactionSync(() => {
      deleteSession(this.#sql, sha256)
      const act = { action: 'session.end', target: `session/${sha256.slice(0, 16)}` }
      appendAudit(this.#sql, { ...act, atMs: this.nowMs(), ...by(caller), reason: 'Signed out' })
    })
  }

  async signingKey(): Promise<SigningKey> {
    const known = currentSigningKey(this.#sql, this.nowMs())
    if (known !== null) return known
    const made = await this.#newKey()
    const first = this.ctx.storage.transactionSync(() => {
      // Somebody else's first request may have made one while ours was being made.
      const other = currentSigningKey(this.#sql, this.nowMs())
      if (other !== null) return other
      const atMs = this.nowMs()
      replaceSigningKey(this.#sql, made, atMs)
      appendAudit(this.#sql, {
        atMs,
        actor: 'system',
        action: 'signing_key.create',
        target: made.kid,
        reason: 'the first key',
      })
      return made
    })
    try {
      await this.#publishKeys(publicKeys(this.#sql, this.nowMs()))
    } catch {
      // KV is a cache: without it, readers of the key set ask here.
    }
    return first
  }

  async rotateSigningKey(reason: string, caller: Caller): Promise<Result<{ kid: string }>> {
    return asRefusal(() => this.#rotateSigningKey(reason, caller))
  }

  async #rotateSigningKey(reason: string, caller: Caller): Promise<Result<{ kid: string }>> {
    const made = await this.#newKey()
    // The key set first: a manifest must not be signed by a key that nobody can look up. Should we stop here, the set
    // names a key that signs nothing, which harms no one.
    await this.#publishKeys([made.publicJwk, ...publicKeys(this.#sql, this.nowMs())])
    const act = { action: 'signing_key.rotate', target: made.kid, reason }
    return this.#act(act, caller, (atMs) => {
      replaceSigningKey(this.#sql, made, atMs)
      return ok({ kid: made.kid })
    })
  }

  async revokeSigningKey(
    kid: string,
    reason: string,
    caller: Caller,
  ): Promise<Result<{ current: string }>> {
    return asRefusal(() => this.#revokeSigningKey(kid, reason, caller))
  }

  async #revokeSigningKey(
    kid: string,
    reason: string,
    caller: Caller,
  ): Promise<Result<{ current: string }>> {
    if (!isUsable(this.#sql, kid)) {
      return fail({ reason: 'not_found', noun: 'signing key', name: kid })
    }
    const next = currentSigningKey(this.#sql, this.nowMs(), kid)
    const made = next === null ? await this.#newKey() : undefined
    const kept = publicKeys(this.#sql, this.nowMs()).filter((key) => key.kid !== kid)
    // As in a rotation: what signs next must be known before it does.
    await this.#publishKeys(made === undefined ? kept : [made.publicJwk, ...kept])
    const act = { action: 'signing_key.revoke', target: kid, reason }
    const result = this.#act<{ current: string }>(act, caller, (atMs) => {
      // Somebody may have been faster.
      if (!isUsable(this.#sql, kid)) {
        return fail({ reason: 'not_found', noun: 'signing key', name: kid })
      }
      if (made !== undefined) replaceSigningKey(this.#sql, made, atMs)
      revokeSigningKey(this.#sql, kid, atMs)
      requestResigning(this.#sql, atMs)
      return ok({ current: (made ?? next)?.kid ?? '' })
    })
    if (result.ok) this.ctx.waitUntil(this.#resign())
    return result
  }

  /** Tells projects to sign anew. Those that do not answer are told again by the alarm. */
  async #resign(): Promise<void> {
    for (const project of projectsToResign(this.#sql, this.nowMs())) {
      try {
        await this.resignProject(project)
        resigned(this.#sql, project)
      } catch (error) {
        reportFault('signing anew failed', error)
        postponeResigning(this.#sql, project, this.nowMs() + RESIGN_RETRY_MS)
      }
    }
    this.#arm()
  }

  async jwks(): Promise<{ readonly keys: readonly PublicJwk[] }> {
    await this.signingKey()
    return { keys: publicKeys(this.#sql, this.nowMs()) }
  }

  async audit(request: AuditRequest): Promise<Result<Page<AuditEntry>>> {
    return readAudit(this.#sql, request)
  }

  async auditBounds(): Promise<AuditBounds> {
    return this.#checkpoints.bounds()
  }

  async auditRows(seq: number, limit: number): Promise<AuditStretch> {
    return this.#checkpoints.stretch(seq, limit)
  }

  override async alarm(): Promise<void> {
    await this.#checkpoints.signDue()
    await this.#resign()
  }

  /** The alarm comes for a checkpoint, or for projects that are to sign anew. */
  #arm(): void {
    const due = [this.#checkpoints.dueMs(), resigningDueMs(this.#sql)]
    const dueMs = due.reduce((a, b) => (a === undefined || (b !== undefined && b < a) ? b : a))
    if (dueMs !== undefined) void this.ctx.storage.setAlarm(Math.max(dueMs, this.nowMs() + 1_000))
  }

  /** Does what `work` says and writes down who did it, in one transaction; a refusal is not written. */
  #act<T>(
    act: Pick<Act, 'action' | 'target' | 'reason'>,
    caller: Caller,
    work: (atMs: number) => Result<T>,
  ): Result<T> {
    return this.ctx.storage.transactionSync(() => {
      const atMs = this.nowMs()
      const result = work(atMs)
      if (result.ok) {
        appendAudit(this.#sql, { ...act, atMs, ...by(caller) })
        this.#arm()
      }
      return result
    })
  }

  #newKey(): Promise<SigningKey> {
    return createSigningKey(parseMasterKeys(this.env.MASTER_KEY), randomBytes)
  }

  #publishKeys(keys: readonly PublicJwk[]): Promise<void> {
    return this.putKeySet(JSON.stringify({ keys }))
  }
}
