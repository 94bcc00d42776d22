// A bare SMPP client and server over loopback: blocking sockets, one thread a side, no timers, no checks.
#include "CBenchFloor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { BUFFER = 256 * 1024, SUBMIT_SM = 0x4, BIND_TRANSCEIVER = 0x9, RESPONSE = (int)0x80000000 };

static uint32_t get32(const uint8_t *p) {
  uint32_t v;
  memcpy(&v, p, 4);
  return ntohl(v);
}

static void put32(uint8_t *p, uint32_t v) {
  v = htonl(v);
  memcpy(p, &v, 4);
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int send_all(int fd, const uint8_t *p, size_t n) {
  while (n > 0) {
    ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
    if (k < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    p += k;
    n -= (size_t)k;
  }
  return 0;
}

static void *serve_connection(void *argument) {
  int fd = (int)(intptr_t)argument;
  uint8_t *in = malloc(BUFFER), *out = malloc(BUFFER);
  size_t have = 0;
  uint64_t id = 0;
  while (in && out) {
    ssize_t k = recv(fd, in + have, BUFFER - have, 0);
    if (k < 0 && errno == EINTR) continue;
    if (k <= 0) break;
    have += (size_t)k;
    size_t at = 0, written = 0;
    while (have - at >= 16) {
      uint32_t length = get32(in + at), command = get32(in + at + 4);
      if (length < 16 || length > BUFFER) goto done;
      if (have - at < length) break;
      if (written > BUFFER - 128) {
        if (send_all(fd, out, written)) goto done;
        written = 0;
      }
      uint8_t *r = out + written;
      uint32_t size = 16;
      if (command == SUBMIT_SM) {
        // A decimal message_id of ten digits, written backwards.
        uint64_t n = 1000000000u + id++;
        for (int i = 9; i >= 0; i--, n /= 10) r[16 + i] = (uint8_t)('0' + n % 10);
        r[26] = 0;
        size = 27;
      } else if (command == 1 || command == 2 || command == BIND_TRANSCEIVER) {
        memcpy(r + 16, "floor", 6);
        size = 22;
      }
      put32(r, size);
      put32(r + 4, command | 0x80000000u);
      put32(r + 8, 0);
      memcpy(r + 12, in + at + 12, 4);
      if (!(command & 0x80000000u)) written += size;
      at += length;
    }
    if (written && send_all(fd, out, written)) break;
    memmove(in, in + at, have - at);
    have -= at;
  }
done:
  close(fd);
  free(in);
  free(out);
  return NULL;
}

static int start_thread(void *(*body)(void *), int fd) {
  pthread_t thread;
  int result = pthread_create(&thread, NULL, body, (void *)(intptr_t)fd);
  if (result == 0) pthread_detach(thread);
  return result;
}

static void *accept_connections(void *argument) {
  int listener = (int)(intptr_t)argument;
  for (;;) {
    int fd = accept(listener, NULL, NULL);
    if (fd < 0 && (errno == EINTR || errno == ECONNABORTED)) continue;
    if (fd < 0) break;
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (start_thread(serve_connection, fd)) close(fd);
  }
  close(listener);
  return NULL;
}

int bench_floor_smsc_start(uint16_t *port) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(fd, (struct sockaddr *)&address, length) || listen(fd, 64)
      || getsockname(fd, (struct sockaddr *)&address, &length) || start_thread(accept_connections, fd)) {
    int reason = errno ? errno : EAGAIN;
    close(fd);
    return -reason;
  }
  *port = ntohs(address.sin_port);
  return fd;
}

void bench_floor_smsc_stop(int descriptor) {
  // Ends the accept; the thread closes the descriptor.
  shutdown(descriptor, SHUT_RDWR);
}

/// One submit_sm of fixed content; its length.
static uint32_t submit_sm(uint8_t *p, int text_octets) {
  uint8_t *q = p + 16;
  *q++ = 0;  // service_type
  *q++ = 1, *q++ = 1;
  memcpy(q, "18885550100", 12), q += 12;
  *q++ = 1, *q++ = 1;
  memcpy(q, "12025550123", 12), q += 12;
  *q++ = 0, *q++ = 0, *q++ = 0;  // esm_class, protocol_id, priority_flag
  *q++ = 0, *q++ = 0;            // schedule_delivery_time, validity_period
  *q++ = 1, *q++ = 0, *q++ = 0, *q++ = 0;
  *q++ = (uint8_t)text_octets;
  memset(q, 'x', (size_t)text_octets), q += text_octets;
  put32(p, (uint32_t)(q - p));
  put32(p + 4, SUBMIT_SM);
  put32(p + 8, 0);
  return (uint32_t)(q - p);
}

int bench_floor_smpp_client(uint16_t port, long count, int window, int text_octets, double *seconds) {
  if (text_octets > 254 || window < 1 || window > 100000) return EINVAL;
  uint8_t pdu[512];
  uint32_t size = submit_sm(pdu, text_octets);
  size_t room = (size_t)window * size;
  uint8_t *out = malloc(room), *in = malloc(BUFFER);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1, result = 0;
  struct sockaddr_in address = {
    .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (!out || !in || fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) {
    result = errno ? errno : ENOMEM;
    goto done;
  }
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  uint8_t bind_pdu[] = {0, 0, 0, 23, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0x34, 0, 0, 0};
  if ((result = send_all(fd, bind_pdu, sizeof bind_pdu))) goto done;
  size_t have = 0;
  long sent = 0, answered = -1;  // the first answer is bind_transceiver_resp
  double start = 0;
  while (answered < count) {
    if (answered >= 0) {
      long free_window = window - (sent - answered);
      if (free_window > count - sent) free_window = count - sent;
      uint8_t *p = out;
      for (long i = 0; i < free_window; i++, p += size) {
        memcpy(p, pdu, size);
        put32(p + 12, (uint32_t)(++sent + 1));
      }
      if (p > out && (result = send_all(fd, out, (size_t)(p - out)))) goto done;
    }
    ssize_t k = recv(fd, in + have, BUFFER - have, 0);
    if (k < 0 && errno == EINTR) continue;
    if (k <= 0) {
      result = k < 0 ? errno : ECONNRESET;
      goto done;
    }
    have += (size_t)k;
    size_t at = 0;
    while (have - at >= 16) {
      uint32_t length = get32(in + at);
      if (length < 16 || length > BUFFER) {
        result = EPROTO;
        goto done;
      }
      if (have - at < length) break;
      at += length;
      if (++answered == 0) start = now();
    }
    memmove(in, in + at, have - at);
    have -= at;
  }
  *seconds = now() - start;
done:
  if (fd >= 0) close(fd);
  free(out);
  free(in);
  return result;
}
