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
  // Grants instead of one role for one project or all; what was there before reads as one grant.
  `CREATE TABLE admin_token_2 (
     id TEXT PRIMARY KEY,
     name TEXT NOT NULL,
     grants TEXT NOT NULL,
     cidrs TEXT NOT NULL,
     prefix TEXT NOT NULL,
     sha256 TEXT NOT NULL UNIQUE,
     created_at_ms INTEGER NOT NULL,
     expires_at_ms INTEGER,
     revoked_at_ms INTEGER,
     last_used_at_ms INTEGER,
     rotated_to TEXT
   ) STRICT;
   INSERT INTO admin_token_2 (id, name, grants, cidrs, prefix, sha256, created_at_ms, expires_at_ms, revoked_at_ms)
     SELECT id, name,
       json_array(json_object('role', role, 'projects', json_array(COALESCE(project, '*')),
         'environments', json_array('*'), 'secrets', json_array('*'))),
       '[]', prefix, sha256, created_at_ms, expires_at_ms, revoked_at_ms
     FROM admin_token;
   DROP TABLE admin_token;
   ALTER TABLE admin_token_2 RENAME TO admin_token;`,
  `ALTER TABLE audit ADD COLUMN token_id TEXT;
   ALTER TABLE audit ADD COLUMN address TEXT;
   CREATE TABLE audit_checkpoint (
     seq INTEGER PRIMARY KEY,
     at_ms INTEGER NOT NULL,
     hash TEXT NOT NULL,
     jws TEXT NOT NULL
   ) STRICT;
   CREATE TABLE session (
     sha256 TEXT PRIMARY KEY,
     token_id TEXT NOT NULL,
     name TEXT NOT NULL,
     grants TEXT,
     created_at_ms INTEGER NOT NULL,
     expires_at_ms INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX session_end ON session (expires_at_ms);`,
  `CREATE TABLE resign (
     project TEXT PRIMARY KEY,
     not_before_ms INTEGER NOT NULL
   ) STRICT;`,
  `CREATE INDEX audit_actor ON audit (actor);
   CREATE INDEX audit_token ON audit (token_id) WHERE token_id IS NOT NULL;
   CREATE INDEX audit_action ON audit (action);
   CREATE INDEX audit_target ON audit (target);
   CREATE INDEX audit_time ON audit (at_ms);
   CREATE INDEX audit_denied ON audit (seq) WHERE outcome = 'denied';`,
]
