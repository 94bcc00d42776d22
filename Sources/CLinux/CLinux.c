#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>

int clinux_epoll_wait(int epoll, struct epoll_event *events, int count, int64_t nanoseconds) {
  if (nanoseconds < 0) return epoll_wait(epoll, events, count, -1);
  if (nanoseconds == 0) return epoll_wait(epoll, events, count, 0);
  struct timespec timeout = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
  int ready = epoll_pwait2(epoll, events, count, &timeout, NULL);
  if (ready >= 0 || errno != ENOSYS) return ready;
  // A kernel before 5.11: whole milliseconds, rounded up so that a deadline is never early.
  int64_t milliseconds = nanoseconds / 1000000 + (nanoseconds % 1000000 != 0);
  return epoll_wait(epoll, events, count, milliseconds > 60000 ? 60000 : (int)milliseconds);
}

int clinux_accept(int listener, void *address, uint32_t *length) {
  socklen_t size = *length;
  int accepted = accept4(listener, (struct sockaddr *)address, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  *length = size;
  return accepted;
}

int clinux_peer_credentials(int socket, int32_t *pid, uint32_t *uid, uint32_t *gid) {
  struct ucred credentials;
  socklen_t size = sizeof credentials;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) return -1;
  *pid = credentials.pid;
  *uid = credentials.uid;
  *gid = credentials.gid;
  return 0;
}

int clinux_peer_groups(int socket, uint32_t *groups, uint32_t *count) {
  socklen_t size = *count * sizeof *groups;
  int result = getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups, &size);
  *count = size / sizeof *groups;
  return result;
}

int clinux_send_queue(int socket, int *octets) { return ioctl(socket, SIOCOUTQ, octets); }

int clinux_set_blocking(int descriptor, int blocking) {
  int flags = fcntl(descriptor, F_GETFL);
  if (flags < 0) return -1;
  int wanted = blocking ? flags & ~O_NONBLOCK : flags | O_NONBLOCK;
  return wanted == flags ? 0 : fcntl(descriptor, F_SETFL, wanted);
}

int clinux_set_close_on_exec(int descriptor) { return fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

int clinux_name_thread(const char *name) { return pthread_setname_np(pthread_self(), name); }

int clinux_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }

const char *clinux_error_text(int code) { return strerrordesc_np(code); }

const char *clinux_error_name(int code) { return strerrorname_np(code); }
