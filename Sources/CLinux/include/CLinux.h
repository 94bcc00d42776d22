// What Linux has and the Glibc module does not: epoll, eventfd, signalfd, timerfd, accept4, peer credentials, mallopt.
// Declarations and shims only; no logic. What needs _GNU_SOURCE is in CLinux.c, because defining it
// around <sys/socket.h> in a module turns every sockaddr argument into a union.
#ifndef TOLLGATE_CLINUX_H
#define TOLLGATE_CLINUX_H

#include <getopt.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/types.h>

/// epoll_pwait2 without a signal mask; a negative `nanoseconds` waits without limit. -1 and errno on failure.
int clinux_epoll_wait(int epoll, struct epoll_event *events, int count, int64_t nanoseconds);

/// accept4 with SOCK_NONBLOCK | SOCK_CLOEXEC. `address` is a sockaddr_storage of `*length` octets.
int clinux_accept(int listener, void *address, uint32_t *length);

/// SO_PEERCRED of a Unix socket.
int clinux_peer_credentials(int socket, int32_t *pid, uint32_t *uid, uint32_t *gid);

/// SO_PEERGROUPS: fills at most `*count` group ids; on ERANGE `*count` says how many there are.
int clinux_peer_groups(int socket, uint32_t *groups, uint32_t *count);

/// SIOCOUTQ: octets in the send queue that the peer's kernel has not acknowledged yet.
int clinux_send_queue(int socket, int *octets);

/// O_NONBLOCK on or off, by fcntl.
int clinux_set_blocking(int descriptor, int blocking);

/// FD_CLOEXEC on, by fcntl.
int clinux_set_close_on_exec(int descriptor);

/// Names the calling thread for ps, top and core files (15 octets at most).
int clinux_name_thread(const char *name);

/// open(2) without its variadic mode.
int clinux_open(const char *path, int flags, mode_t mode);

/// The text and the symbolic name of an errno, untranslated constants; NULL for an unknown one.
const char *clinux_error_text(int code);
const char *clinux_error_name(int code);

// getopt_long's state is global variables, which Swift may not name.
static inline void clinux_getopt_restart(void) { optind = 0; opterr = 0; }
static inline const char *clinux_optarg(void) { return optarg; }
static inline int clinux_optind(void) { return optind; }
static inline int clinux_optopt(void) { return optopt; }

#endif
