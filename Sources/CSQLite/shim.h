// SQLite, with the macros and variadic functions Swift cannot import turned into static inline functions.
#ifndef TOLLGATE_CSQLITE_H
#define TOLLGATE_CSQLITE_H

#include <sqlite3.h>

/// SQLITE_STATIC: the caller keeps the memory alive until the statement is reset.
static inline int tollgate_bind_blob_static(sqlite3_stmt *s, int i, const void *p, int n) {
  return sqlite3_bind_blob(s, i, p, n, SQLITE_STATIC);
}
static inline int tollgate_bind_text_static(sqlite3_stmt *s, int i, const char *p, int n) {
  return sqlite3_bind_text(s, i, p, n, SQLITE_STATIC);
}
/// SQLITE_TRANSIENT: SQLite takes a copy.
static inline int tollgate_bind_blob_copy(sqlite3_stmt *s, int i, const void *p, int n) {
  return sqlite3_bind_blob(s, i, p, n, SQLITE_TRANSIENT);
}
static inline int tollgate_bind_text_copy(sqlite3_stmt *s, int i, const char *p, int n) {
  return sqlite3_bind_text(s, i, p, n, SQLITE_TRANSIENT);
}

/// Switches off SQLite's process-wide allocation statistics, which take a global mutex at each allocation.
/// Has to come before SQLite's first call, a file layer's registration among them; SQLITE_MISUSE afterwards, which changes nothing.
static inline int tollgate_sqlite_without_memory_statistics(void) {
  return sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

/// SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE: 1 leaves the WAL as it is when the last connection closes.
static inline int tollgate_no_checkpoint_on_close(sqlite3 *db, int on) {
  return sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, on, (int *)0);
}

/// SQLITE_FCNTL_JOURNAL_POINTER: the open file of the write-ahead log; NULL before the first transaction.
static inline sqlite3_file *tollgate_log_file(sqlite3 *db) {
  sqlite3_file *file = 0;
  return sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file) == SQLITE_OK ? file : 0;
}

#endif
