/** Tables of the directory, STORAGE.md §3. Numbered by position; never edited once released. */
export const DIRECTORY_MIGRATIONS: readonly string[] = [
  `CREATE TABLE project (
     name TEXT PRIMARY KEY,
     created_at_ms INTEGER NOT NULL,
     epoch INTEGER NOT NULL,
     deleted_at_ms INTEGER
   ) STRICT;
   CREATE TABLE signing_key (
     kid TEXT PRIMARY KEY,
     public_jwk TEXT NOT NULL,
     wrapped_private TEXT NOT NULL,
     created_at_ms INTEGER NOT NULL,
     retired_at_ms INTEGER,
     revoked_at_ms INTEGER
   ) STRICT;
   CREATE TABLE admin_token (
     id TEXT PRIMARY KEY,
     name TEXT NOT NULL,
     role TEXT NOT NULL,
     project TEXT,
     prefix TEXT NOT NULL,
     sha256 TEXT NOT NULL UNIQUE,
     created_at_ms INTEGER NOT NULL,
     expires_at_ms INTEGER,
     revoked_at_ms INTEGER
   ) STRICT;
   CREATE TABLE audit (
     seq INTEGER PRIMARY KEY,
     at_ms INTEGER NOT NULL,
     actor TEXT NOT NULL,
     action TEXT NOT NULL,
     target TEXT NOT NULL,
     reason TEXT NOT NULL,
     outcome TEXT NOT NULL,
     revision INTEGER,
     before_sha256 TEXT,
     after_sha256 TEXT,
     prev_hash TEXT NOT NULL,
     hash TEXT NOT NULL
   ) STRICT;`,
]
