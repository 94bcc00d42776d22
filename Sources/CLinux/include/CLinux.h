// What Linux has and the Glibc module does not: epoll, eventfd, timerfd, signalfd, peer credentials.
// Declarations and static inline shims only; no logic.
#ifndef TOLLGATE_CLINUX_H
#define TOLLGATE_CLINUX_H

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#endif
