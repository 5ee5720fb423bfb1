import { DatabaseSync } from "node:sqlite";
import { load } from "sqlite-vec";

/** Opens a database file, or makes it, with sqlite-vec in it. */
export function openDatabase(file: string): DatabaseSync & Disposable {
  const database = new DatabaseSync(file, { allowExtension: true });
  load(database);
  database.enableLoadExtension(false);
  // Readers go on while another process writes, which waits for its turn.
  database.exec("PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 5000");
  return Object.assign(database, { [Symbol.dispose]: () => database.close() });
}

/** Runs `change` in a transaction. */
export function inTransaction(database: DatabaseSync, change: () => void): void {
  database.exec("BEGIN IMMEDIATE");
  try {
    change();
    database.exec("COMMIT");
  } catch (error) {
    database.exec("ROLLBACK");
    throw error;
  }
}
