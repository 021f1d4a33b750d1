/** How the platform seals secrets: as everybody does. */
export { sealFor } from '../../admin/seal/seal.ts'
