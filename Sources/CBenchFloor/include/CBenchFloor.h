// The floors `tollgate-lab bench` measures itself against: the same work in bare C, without any of the product's
// promises. Nothing else uses it.
#ifndef TOLLGATE_CBENCHFLOOR_H
#define TOLLGATE_CBENCHFLOOR_H

#include <stddef.h>
#include <stdint.h>

/// Copies `octets` octets `iterations` times; nanoseconds a copy.
double bench_floor_memcpy(size_t octets, long iterations);

/// An SMSC that accepts binds and answers every submit_sm with a message_id, on a thread of its own and one more
/// a connection. Returns its descriptor, which `bench_floor_smsc_stop` takes, or -errno.
int bench_floor_smsc_start(uint16_t *port);
void bench_floor_smsc_stop(int descriptor);

/// Binds as a transceiver and submits `count` messages of `text_octets`, at most `window` without an answer.
/// Returns 0 and the seconds from the first submit_sm to the last answer, or an errno.
int bench_floor_smpp_client(uint16_t port, long count, int window, int text_octets, double *seconds);

/// Writes `items` times `rows_per_item` rows of `octets` octets, `items_per_commit` items a commit, to a new SQLite
/// file at `path`: WAL, synchronous=FULL, integer keys in order. Returns 0 or SQLite's result code.
int bench_floor_rows(
  const char *path, long items, int rows_per_item, int octets, int items_per_commit, double *seconds);

/// Overwrites the same 8 KiB of a preallocated file and syncs it (fdatasync), `count` times; the nanoseconds of
/// each go to `samples`. Returns 0 or an errno.
int bench_floor_sync(const char *path, int count, int64_t *samples);

#endif
