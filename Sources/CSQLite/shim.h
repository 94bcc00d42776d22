// SQLite, with the macros Swift cannot import turned into static inline functions.
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

#endif
