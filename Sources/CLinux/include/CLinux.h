// What glibc's module map for Swift leaves out: event polling, ICMP headers, socket error queues.
#ifndef CURLEW_CLINUX_H
#define CURLEW_CLINUX_H

// Of a header that two modules include, the one that is loaded first owns the names, and a source that imports the other
// does not see them. With Glibc's module loaded first, whatever order they are imported in, its names stay its own.
#if __has_feature(modules)
#pragma clang module import SwiftGlibc
#endif

#include <time.h>

#include <linux/errqueue.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>

// epoll_event is a packed struct with a union; Swift imports the union's members as computed properties that read the
// whole. One function each way keeps the layout in C.
static inline struct epoll_event curlew_epoll_event(uint32_t events, uint64_t token) {
  struct epoll_event event = {.events = events};
  event.data.u64 = token;
  return event;
}

static inline uint64_t curlew_epoll_token(const struct epoll_event *event) {
  return event->data.u64;
}

// prctl(2) is variadic, which Swift cannot import; it names the calling thread.
static inline void curlew_name_thread(const char *name) {
  prctl(PR_SET_NAME, name, 0, 0, 0);
}

// Nanoseconds of processor time of the calling thread (clock_gettime(2)). In Expressions, whose sources see `timespec` by way of
// the standard library's own module or of Glibc's, whichever is loaded first, Swift could not name its members.
static inline int64_t curlew_thread_nanoseconds(void) {
  struct timespec time = {0};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

#endif
