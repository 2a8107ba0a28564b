// libcurl for Swift. Swift cannot import variadic functions, so each kind of argument gets a wrapper that casts and no
// more (curl_easy_setopt(3), curl_easy_getinfo(3), curl_multi_setopt(3)).
#ifndef CURLEW_CCURL_SHIM_H
#define CURLEW_CCURL_SHIM_H

#include <curl/curl.h>

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

static inline CURLMcode curlew_multi_setopt_long(CURLM *multi, CURLMoption option, long value) {
  return curl_multi_setopt(multi, option, value);
}

static inline CURLMcode curlew_multi_setopt_pointer(CURLM *multi, CURLMoption option, const void *value) {
  return curl_multi_setopt(multi, option, value);
}

#endif
