/** Tables of a hub, STORAGE.md §2. Numbered by position, plain SQL; never edited once released. */
export const HUB_MIGRATIONS: readonly string[] = [
  `CREATE TABLE polling_instance (
     instance TEXT PRIMARY KEY,
     at_ms INTEGER NOT NULL,
     report TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX polling_instance_age ON polling_instance (at_ms);`,
  `ALTER TABLE polling_instance ADD COLUMN applied_at_ms INTEGER;`,
]
