// The same rows, the same commits, the same sync, and nothing else.
#include "CBenchFloor.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

double bench_floor_memcpy(size_t octets, long iterations) {
  uint8_t *from = malloc(octets), *to = malloc(octets);
  double start = now();
  if (from && to) {
    memset(from, 'x', octets);
    start = now();
    for (long i = 0; i < iterations; i++) {
      memcpy(to, from, octets);
      __asm__ volatile("" : : "r"(to), "r"(from) : "memory");
    }
  }
  double seconds = now() - start;
  free(from);
  free(to);
  return seconds * 1e9 / (double)(iterations > 0 ? iterations : 1);
}

int bench_floor_rows(
  const char *path, long items, int rows_per_item, int octets, int items_per_commit, double *seconds) {
  sqlite3 *db = NULL;
  sqlite3_stmt *begin = NULL, *commit = NULL, *insert = NULL;
  uint8_t *text = calloc(1, (size_t)(octets > 0 ? octets : 1));
  int result = sqlite3_open(path, &db);
  if (result == SQLITE_OK)
    result = sqlite3_exec(
      db,
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-32768;"
      "CREATE TABLE row(id INTEGER PRIMARY KEY, a INTEGER NOT NULL, b INTEGER NOT NULL, octets BLOB NOT NULL) STRICT",
      NULL, NULL, NULL);
  if (result == SQLITE_OK) result = sqlite3_prepare_v3(db, "BEGIN IMMEDIATE", -1, SQLITE_PREPARE_PERSISTENT, &begin, NULL);
  if (result == SQLITE_OK) result = sqlite3_prepare_v3(db, "COMMIT", -1, SQLITE_PREPARE_PERSISTENT, &commit, NULL);
  if (result == SQLITE_OK)
    result = sqlite3_prepare_v3(
      db, "INSERT INTO row VALUES (?, ?, ?, ?)", -1, SQLITE_PREPARE_PERSISTENT, &insert, NULL);
  double start = now();
  long id = 0;
  for (long item = 0; item < items && result == SQLITE_OK;) {
    sqlite3_step(begin);
    sqlite3_reset(begin);
    for (int i = 0; i < items_per_commit && item < items; i++, item++) {
      for (int row = 0; row < rows_per_item; row++) {
        sqlite3_bind_int64(insert, 1, ++id);
        sqlite3_bind_int64(insert, 2, item);
        sqlite3_bind_int64(insert, 3, row);
        sqlite3_bind_blob(insert, 4, text, octets, SQLITE_STATIC);
        if (sqlite3_step(insert) != SQLITE_DONE) result = sqlite3_errcode(db);
        sqlite3_reset(insert);
      }
    }
    if (sqlite3_step(commit) != SQLITE_DONE) result = sqlite3_errcode(db);
    sqlite3_reset(commit);
  }
  *seconds = now() - start;
  sqlite3_finalize(begin);
  sqlite3_finalize(commit);
  sqlite3_finalize(insert);
  sqlite3_close(db);
  free(text);
  return result;
}

int bench_floor_sync(const char *path, int count, int64_t *samples) {
  enum { SIZE = 1024 * 1024, WRITE = 8192 };
  int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return errno;
  char *octets = calloc(1, SIZE);
  int result = octets ? 0 : ENOMEM;
  if (!result && pwrite(fd, octets, SIZE, 0) != SIZE) result = errno;
  if (!result && fsync(fd)) result = errno;
  for (int i = 0; i < count && !result; i++) {
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    if (pwrite(fd, octets, WRITE, (off_t)(i % (SIZE / WRITE)) * WRITE) != WRITE || fdatasync(fd)) result = errno;
    clock_gettime(CLOCK_MONOTONIC, &b);
    samples[i] = (b.tv_sec - a.tv_sec) * 1000000000LL + (b.tv_nsec - a.tv_nsec);
  }
  free(octets);
  close(fd);
  return result;
}
