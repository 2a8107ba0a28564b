// libcurl for Swift. Swift cannot import variadic functions, so each kind of argument gets a wrapper that casts and no
// more (curl_easy_setopt(3), curl_easy_getinfo(3), curl_multi_setopt(3)).
#ifndef CURLEW_CCURL_SHIM_H
#define CURLEW_CCURL_SHIM_H

// Glibc's names stay its own when its module is loaded first (Sources/CLinux/include/CLinux.h).
#if __has_feature(modules)
#pragma clang module import SwiftGlibc
#endif

#include <curl/curl.h>

// Options of curl_easy_setopt(3), by the type of their argument.

static inline CURLcode curlew_easy_setopt_long(CURL *easy, CURLoption option, long value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode curlew_easy_setopt_offset(CURL *easy, CURLoption option, curl_off_t value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode curlew_easy_setopt_pointer(CURL *easy, CURLoption option, const void *value) {
  return curl_easy_setopt(easy, option, value);
}

static inline CURLcode curlew_easy_setopt_string(CURL *easy, CURLoption option, const char *value) {
  return curl_easy_setopt(easy, option, value);
}

// CURLOPT_WRITEFUNCTION, CURLOPT_HEADERFUNCTION and CURLOPT_READFUNCTION.
static inline CURLcode curlew_easy_setopt_data_function(
    CURL *easy, CURLoption option, size_t (*function)(char *, size_t, size_t, void *)) {
  return curl_easy_setopt(easy, option, function);
}

static inline CURLcode curlew_easy_setopt_seek_function(CURL *easy, curl_seek_callback function) {
  return curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, function);
}

static inline CURLcode curlew_easy_setopt_debug_function(CURL *easy, curl_debug_callback function) {
  return curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, function);
}

static inline CURLcode curlew_easy_setopt_open_socket_function(CURL *easy, curl_opensocket_callback function) {
  return curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, function);
}

static inline CURLcode curlew_easy_setopt_ssl_context_function(CURL *easy, curl_ssl_ctx_callback function) {
  return curl_easy_setopt(easy, CURLOPT_SSL_CTX_FUNCTION, function);
}

// Answers of curl_easy_getinfo(3), by their type; zero or null when there is none.

static inline long curlew_easy_getinfo_long(CURL *easy, CURLINFO info) {
  long value = 0;
  curl_easy_getinfo(easy, info, &value);
  return value;
}

static inline curl_off_t curlew_easy_getinfo_offset(CURL *easy, CURLINFO info) {
  curl_off_t value = 0;
  curl_easy_getinfo(easy, info, &value);
  return value;
}

static inline const char *curlew_easy_getinfo_string(CURL *easy, CURLINFO info) {
  const char *value = NULL;
  curl_easy_getinfo(easy, info, &value);
  return value;
}

static inline void *curlew_easy_getinfo_pointer(CURL *easy, CURLINFO info) {
  void *value = NULL;
  curl_easy_getinfo(easy, info, &value);
  return value;
}

// Options of curl_multi_setopt(3), by the type of their argument.

static inline CURLMcode curlew_multi_setopt_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}

static inline CURLMcode curlew_multi_setopt_pointer(CURLM *multi, CURLMoption option, const void *value) {
  return curl_multi_setopt(multi, option, value);
}

static inline CURLMcode curlew_multi_setopt_socket_function(CURLM *multi, curl_socket_callback function) {
  return curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, function);
}

static inline CURLMcode curlew_multi_setopt_timer_function(CURLM *multi, curl_multi_timer_callback function) {
  return curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, function);
}

// What a message of curl_multi_info_read(3) says; its data is a union, which Swift reads as raw bytes.
static inline CURLcode curlew_message_result(const CURLMsg *message) {
  return message->data.result;
}

// Macros with casts, which Swift cannot import.
static const long curlew_auth_digest = (long)CURLAUTH_DIGEST;
static const long curlew_global_default = CURL_GLOBAL_DEFAULT;

#endif
