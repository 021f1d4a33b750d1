/** Tables of a project, STORAGE.md §1. Numbered by position, plain SQL; never edited once released. */
export const PROJECT_MIGRATIONS: readonly string[] = [
  `CREATE TABLE project (
     id INTEGER PRIMARY KEY CHECK (id = 1),
     name TEXT NOT NULL,
     created_at_ms INTEGER NOT NULL,
     epoch INTEGER NOT NULL,
     revision INTEGER NOT NULL,
     deleted_at_ms INTEGER
   ) STRICT;
   CREATE TABLE revision (
     revision INTEGER PRIMARY KEY,
     at_ms INTEGER NOT NULL,
     author TEXT NOT NULL,
     reason TEXT NOT NULL,
     kind TEXT NOT NULL,
     operations TEXT NOT NULL,
     restores INTEGER
   ) STRICT;
   CREATE TABLE item_version (
     kind TEXT NOT NULL,
     key TEXT NOT NULL,
     layer TEXT NOT NULL,
     revision INTEGER NOT NULL,
     until INTEGER,
     version INTEGER NOT NULL,
     sha256 TEXT,
     size INTEGER NOT NULL,
     PRIMARY KEY (kind, key, layer, revision)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX item_current ON item_version (kind, key, layer) WHERE until IS NULL;
   CREATE INDEX item_of_revision ON item_version (revision);
   CREATE INDEX item_of_blob ON item_version (sha256);
   CREATE TABLE blob (
     sha256 TEXT NOT NULL,
     chunk INTEGER NOT NULL,
     bytes BLOB NOT NULL,
     PRIMARY KEY (sha256, chunk)
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
   ) STRICT;
   CREATE TABLE idempotency (
     token_id TEXT NOT NULL,
     key TEXT NOT NULL,
     request_sha256 TEXT NOT NULL,
     response TEXT NOT NULL,
     at_ms INTEGER NOT NULL,
     PRIMARY KEY (token_id, key)
   ) STRICT;
   CREATE INDEX idempotency_age ON idempotency (at_ms);
   CREATE TABLE sdk_key (
     id TEXT PRIMARY KEY,
     name TEXT NOT NULL,
     environment TEXT NOT NULL,
     audience TEXT NOT NULL,
     prefix TEXT NOT NULL,
     sha256 TEXT NOT NULL UNIQUE,
     created_at_ms INTEGER NOT NULL,
     revoked_at_ms INTEGER,
     told INTEGER NOT NULL,
     attempts INTEGER NOT NULL,
     not_before_ms INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX sdk_key_untold ON sdk_key (not_before_ms) WHERE told = 0;
   CREATE TABLE head (
     environment TEXT NOT NULL,
     audience TEXT NOT NULL,
     epoch INTEGER NOT NULL,
     seq INTEGER NOT NULL,
     revision INTEGER NOT NULL,
     sha256 TEXT NOT NULL,
     size INTEGER NOT NULL,
     externals TEXT NOT NULL,
     manifest TEXT,
     signed_at_ms INTEGER NOT NULL,
     exp_ms INTEGER NOT NULL,
     PRIMARY KEY (environment, audience)
   ) STRICT;
   CREATE TABLE outbox (
     environment TEXT NOT NULL,
     audience TEXT NOT NULL,
     revision INTEGER NOT NULL,
     built INTEGER NOT NULL,
     body_done INTEGER NOT NULL,
     head_done INTEGER NOT NULL,
     announce_done INTEGER NOT NULL,
     attempts INTEGER NOT NULL,
     not_before_ms INTEGER NOT NULL,
     PRIMARY KEY (environment, audience)
   ) STRICT;`,
  `CREATE TABLE flag_usage (
     environment TEXT NOT NULL,
     flag TEXT NOT NULL,
     last_evaluated_at_ms INTEGER NOT NULL,
     last_variant TEXT NOT NULL,
     variant_since_ms INTEGER NOT NULL,
     total INTEGER NOT NULL,
     PRIMARY KEY (environment, flag)
   ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE delta (
     environment TEXT NOT NULL,
     audience TEXT NOT NULL,
     seq INTEGER NOT NULL,
     text TEXT NOT NULL,
     PRIMARY KEY (environment, audience, seq)
   ) STRICT, WITHOUT ROWID;`,
  `ALTER TABLE audit ADD COLUMN token_id TEXT;
   ALTER TABLE audit ADD COLUMN address TEXT;
   CREATE TABLE audit_checkpoint (
     seq INTEGER PRIMARY KEY,
     at_ms INTEGER NOT NULL,
     hash TEXT NOT NULL,
     jws TEXT NOT NULL
   ) STRICT;
   ALTER TABLE project ADD COLUMN display_name TEXT;
   ALTER TABLE project ADD COLUMN description TEXT;
   ALTER TABLE project ADD COLUMN audit_retention_days INTEGER;`,
  `CREATE TABLE project_key (
     position INTEGER PRIMARY KEY AUTOINCREMENT,
     id TEXT NOT NULL UNIQUE,
     wrapped TEXT,
     wraps INTEGER NOT NULL,
     created_at_ms INTEGER NOT NULL,
     retired_at_ms INTEGER,
     destroyed_at_ms INTEGER,
     not_before_ms INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE secret_value (
     environment TEXT NOT NULL,
     name TEXT NOT NULL,
     version INTEGER NOT NULL,
     key_id TEXT NOT NULL,
     wrapped_key TEXT NOT NULL,
     sealed BLOB NOT NULL,
     grace_until_ms INTEGER,
     PRIMARY KEY (environment, name, version)
   ) STRICT;
   CREATE INDEX secret_value_of_key ON secret_value (key_id);
   CREATE INDEX secret_value_grace ON secret_value (grace_until_ms) WHERE grace_until_ms IS NOT NULL;
   CREATE TABLE secret_number (
     environment TEXT NOT NULL,
     name TEXT NOT NULL,
     latest INTEGER NOT NULL,
     PRIMARY KEY (environment, name)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE secret_seal (
     environment TEXT NOT NULL,
     name TEXT NOT NULL,
     version INTEGER NOT NULL,
     recipients TEXT NOT NULL,
     jwe TEXT NOT NULL,
     PRIMARY KEY (environment, name, version)
   ) STRICT;
   ALTER TABLE sdk_key ADD COLUMN recipient_id TEXT;
   ALTER TABLE sdk_key ADD COLUMN public_key TEXT;`,
  `CREATE TABLE deployment (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     environment TEXT NOT NULL,
     revision INTEGER NOT NULL,
     status TEXT NOT NULL,
     failed INTEGER NOT NULL,
     due_at_ms INTEGER,
     content TEXT NOT NULL,
     state TEXT NOT NULL
   ) STRICT;
   CREATE INDEX deployment_of_environment ON deployment (environment, status, id);
   CREATE INDEX deployment_of_content ON deployment (environment, content, id);
   CREATE INDEX deployment_of_revision ON deployment (revision);
   CREATE INDEX deployment_due ON deployment (due_at_ms) WHERE due_at_ms IS NOT NULL;
   CREATE TABLE release (
     environment TEXT PRIMARY KEY,
     stable_revision INTEGER NOT NULL,
     deployment INTEGER
   ) STRICT;
   CREATE TABLE applied_content (
     environment TEXT NOT NULL,
     content TEXT NOT NULL,
     until_ms INTEGER NOT NULL,
     PRIMARY KEY (environment, content)
   ) STRICT, WITHOUT ROWID;
   ALTER TABLE head ADD COLUMN candidate TEXT;`,
  `CREATE INDEX audit_actor ON audit (actor);
   CREATE INDEX audit_token ON audit (token_id) WHERE token_id IS NOT NULL;
   CREATE INDEX audit_action ON audit (action);
   CREATE INDEX audit_target ON audit (target);
   CREATE INDEX audit_time ON audit (at_ms);
   CREATE INDEX audit_denied ON audit (seq) WHERE outcome = 'denied';
   CREATE INDEX audit_revision ON audit (revision) WHERE revision IS NOT NULL;`,
  `ALTER TABLE project ADD COLUMN history_retention_revisions INTEGER;
   ALTER TABLE project ADD COLUMN oldest_revision INTEGER NOT NULL DEFAULT 1;
   ALTER TABLE item_version ADD COLUMN pruned INTEGER NOT NULL DEFAULT 0;
   CREATE INDEX item_to_prune ON item_version (until) WHERE until IS NOT NULL AND pruned = 0;`,
  `CREATE TABLE context_sample (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     environment TEXT NOT NULL,
     flag TEXT NOT NULL,
     at_ms INTEGER NOT NULL,
     sample TEXT NOT NULL
   ) STRICT;
   CREATE INDEX sample_of_flag ON context_sample (environment, flag, id);
   CREATE INDEX sample_time ON context_sample (at_ms);`,
  `CREATE TABLE secret_share (
     id INTEGER PRIMARY KEY AUTOINCREMENT,
     environment TEXT NOT NULL,
     name TEXT NOT NULL,
     to_project TEXT NOT NULL,
     to_epoch INTEGER NOT NULL,
     to_environment TEXT NOT NULL,
     to_name TEXT NOT NULL,
     created_at_ms INTEGER NOT NULL,
     ended_at_ms INTEGER,
     told INTEGER NOT NULL,
     mark INTEGER NOT NULL,
     sent_version INTEGER,
     fault TEXT,
     attempts INTEGER NOT NULL,
     not_before_ms INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX secret_share_of ON secret_share (environment, name);
   CREATE INDEX secret_share_due ON secret_share (not_before_ms) WHERE told = 0;`,
]
