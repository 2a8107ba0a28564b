/* Asks an exporter for probes as Prometheus does: kept connections, gzip, a fixed rate.
 *
 * usage: scraper PORT PATH RATE CONNECTIONS COUNT TIMEOUT
 *
 * Sends COUNT requests over CONNECTIONS threads, RATE a second in all (0: as fast as they are answered), each with a scrape timeout of
 * TIMEOUT seconds, and prints one line of JSON: how many were answered and how many probes succeeded, and in milliseconds the median, p99 and
 * maximum of what the exporter added to the probe (the time to its answer less the probe_duration_seconds that it tells) and the maximum time
 * to an answer.
 */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum { room = 256 << 10 };

static int port, connections, count, timeout_seconds;
static double rate;
static const char *path;
static double *added, *taken;
static int *succeeded;
static double begin;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void wait_until(double moment) {
  double left = moment - now();
  if (left <= 0) return;
  struct timespec t = {(time_t)left, (long)((left - (double)(time_t)left) * 1e9)};
  nanosleep(&t, NULL);
}

static int open_connection(void) {
  int descriptor = socket(AF_INET, SOCK_STREAM, 0), on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  struct timeval limit = {timeout_seconds + 5, 0};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0) {
    close(descriptor);
    return -1;
  }
  return descriptor;
}

/* Takes the chunks of a body together; returns its length, or -1 while it is not complete. */
static long dechunk(const char *from, long length, char *into) {
  long at = 0, written = 0;
  for (;;) {
    const char *line = memchr(from + at, '\n', (size_t)(length - at));
    if (!line) return -1;
    long size = strtol(from + at, NULL, 16);
    at = line + 1 - from;
    if (at + size + 2 > length) return -1;
    if (size == 0) return written;
    memcpy(into + written, from + at, (size_t)size);
    written += size;
    at += size + 2;
  }
}

/* One request; returns the length of the text in `text`, or -1. */
static long ask(int descriptor, char *buffer, char *body, char *text) {
  char request[4096];
  int size = snprintf(
    request, sizeof request,
    "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUser-Agent: Prometheus/2.42.0\r\nAccept: text/plain;version=0.0.4;q=0.5,*/*;q=0.1\r\n"
    "Accept-Encoding: gzip\r\nX-Prometheus-Scrape-Timeout-Seconds: %d\r\n\r\n",
    path, port, timeout_seconds);
  if (write(descriptor, request, (size_t)size) != size) return -1;
  long length = 0;
  for (;;) {
    long got = read(descriptor, buffer + length, (size_t)(room - 1 - length));
    if (got <= 0) return -1;
    length += got;
    buffer[length] = 0;
    char *end = strstr(buffer, "\r\n\r\n");
    if (!end) continue;
    char *start = end + 4;
    long have = length - (start - buffer), whole;
    *end = 0;
    char *field = strcasestr(buffer, "\r\ncontent-length:");
    int is_gzip = strcasestr(buffer, "\r\ncontent-encoding: gzip") != NULL, is_ok = strncmp(buffer, "HTTP/1.1 200", 12) == 0;
    if (field) {
      whole = atol(field + 17);
      *end = '\r';
      if (have < whole) continue;
      memcpy(body, start, (size_t)whole);
    } else {
      *end = '\r';
      whole = dechunk(start, have, body);
      if (whole < 0) continue;
    }
    if (!is_ok) return -1;
    if (!is_gzip) {
      memcpy(text, body, (size_t)whole);
      text[whole] = 0;
      return whole;
    }
    z_stream stream = {0};
    inflateInit2(&stream, 31);
    stream.next_in = (Bytef *)body;
    stream.avail_in = (uInt)whole;
    stream.next_out = (Bytef *)text;
    stream.avail_out = room - 1;
    inflate(&stream, Z_FINISH);
    long written = (long)stream.total_out;
    inflateEnd(&stream);
    text[written] = 0;
    return written;
  }
}

static double sample(const char *text, const char *name) {
  const char *line = strstr(text, name);
  return line ? atof(line + strlen(name)) : 0;
}

static void *run(void *argument) {
  long number = (long)argument;
  char *buffer = malloc(room), *body = malloc(room), *text = malloc(room);
  int descriptor = -1;
  for (long index = number; index < count; index += connections) {
    if (rate > 0) wait_until(begin + (double)index / rate);
    if (descriptor < 0) descriptor = open_connection();
    double start = now();
    long length = descriptor < 0 ? -1 : ask(descriptor, buffer, body, text);
    taken[index] = (now() - start) * 1000;
    if (length < 0) {
      added[index] = -1;
      if (descriptor >= 0) close(descriptor);
      descriptor = -1;
      continue;
    }
    added[index] = taken[index] - sample(text, "\nprobe_duration_seconds ") * 1000;
    succeeded[index] = sample(text, "\nprobe_success ") == 1;
  }
  return NULL;
}

static int ascending(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return (a > b) - (a < b);
}

int main(int argc, char **argv) {
  if (argc != 7) return 2;
  port = atoi(argv[1]);
  path = argv[2];
  rate = atof(argv[3]);
  connections = atoi(argv[4]);
  count = atoi(argv[5]);
  timeout_seconds = atoi(argv[6]);
  added = calloc((size_t)count, sizeof *added);
  taken = calloc((size_t)count, sizeof *taken);
  succeeded = calloc((size_t)count, sizeof *succeeded);
  pthread_t *threads = calloc((size_t)connections, sizeof *threads);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 64 << 10);
  begin = now() + 0.05;
  for (long index = 0; index < connections; index++) pthread_create(&threads[index], &attributes, run, (void *)index);
  for (int index = 0; index < connections; index++) pthread_join(threads[index], NULL);
  double seconds = now() - begin, longest = 0;
  int answered = 0, successes = 0;
  for (int index = 0; index < count; index++) {
    successes += succeeded[index];
    if (added[index] < 0) continue;
    if (taken[index] > longest) longest = taken[index];
    added[answered++] = added[index];
  }
  qsort(added, (size_t)answered, sizeof *added, ascending);
  double median = answered ? added[answered / 2] : -1, p99 = answered ? added[(long)answered * 99 / 100] : -1;
  printf(
    "{\"answered\": %d, \"succeeded\": %d, \"seconds\": %.3f, \"added_p50_ms\": %.3f, \"added_p99_ms\": %.3f, \"added_max_ms\": %.3f, "
    "\"longest_ms\": %.3f}\n",
    answered, successes, seconds, median, p99, answered ? added[answered - 1] : -1, longest);
  return 0;
}
