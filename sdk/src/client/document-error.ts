/** The error of one document, which is about no other. */
import { DriftlessError } from './errors.ts'

/** Why a document is not handed out. */
export class DocumentError extends DriftlessError {
  readonly reason: 'reference' | 'schema'
  readonly config: string
  constructor(reason: DocumentError['reason'], config: string, why: string) {
    super('rejected', `config ${config}: ${why}`)
    this.reason = reason
    this.config = config
  }
}
