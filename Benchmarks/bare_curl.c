// What libcurl takes by itself: the same requests at the same rate from a program that does nothing with them, driven by
// epoll as Curlew drives it. It is the floor under every program that probes with libcurl, on whatever machine.
//
// usage: bare_curl URL RATE SECONDS   prints the milliseconds of CPU that a request took
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>

static int epoll;
static long curl_timeout_ms = -1;

static size_t discard(char *data, size_t size, size_t count, void *context) { return size * count; }

static int watch(CURL *easy, curl_socket_t socket, int what, void *context, void *socket_context) {
  struct epoll_event event = {.data.fd = socket};
  if (what == CURL_POLL_REMOVE) return epoll_ctl(epoll, EPOLL_CTL_DEL, socket, NULL), 0;
  event.events = (what & CURL_POLL_IN ? EPOLLIN : 0) | (what & CURL_POLL_OUT ? EPOLLOUT : 0);
  if (epoll_ctl(epoll, EPOLL_CTL_MOD, socket, &event) != 0) epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
  return 0;
}

static int set_timer(CURLM *multi, long milliseconds, void *context) {
  curl_timeout_ms = milliseconds;
  return 0;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static void start(CURLM *multi, const char *url) {
  CURL *easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_multi_add_handle(multi, easy);
}

// Takes out what is over; gives how many that were.
static int collect(CURLM *multi) {
  int count = 0, left;
  for (CURLMsg *message; (message = curl_multi_info_read(multi, &left)); count++) {
    CURL *easy = message->easy_handle;
    if (message->data.result != CURLE_OK) {
      fprintf(stderr, "%s\n", curl_easy_strerror(message->data.result));
      exit(1);
    }
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
  }
  return count;
}

int main(int count, char **arguments) {
  if (count != 4) return fprintf(stderr, "usage: bare_curl URL RATE SECONDS\n"), 2;
  const double rate = atof(arguments[2]);
  const int wanted = rate * atof(arguments[3]);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  epoll = epoll_create1(0);
  CURLM *multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, watch);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, set_timer);
  const double begin = now();
  int started = 0, ended = 0, running;
  while (ended < wanted) {
    while (started < wanted && started / rate <= now() - begin) {
      start(multi, arguments[1]);
      started++;
    }
    if (curl_timeout_ms == 0) curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    const double wait_ms = started < wanted ? (started / rate - (now() - begin)) * 1000 : 50;
    int wait = wait_ms < 0 ? 0 : wait_ms + 0.999;
    if (curl_timeout_ms >= 0 && curl_timeout_ms < wait) wait = curl_timeout_ms;
    struct epoll_event events[64];
    const int ready = epoll_wait(epoll, events, 64, wait);
    for (int i = 0; i < ready; i++) {
      const int mask = (events[i].events & EPOLLIN ? CURL_CSELECT_IN : 0) | (events[i].events & EPOLLOUT ? CURL_CSELECT_OUT : 0);
      curl_multi_socket_action(multi, events[i].data.fd, mask, &running);
    }
    if (ready == 0) curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &running);
    ended += collect(multi);
  }
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const double seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
  printf("%.4f\n", seconds * 1000 / wanted);
}
