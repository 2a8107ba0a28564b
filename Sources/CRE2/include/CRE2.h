/// A C face over RE2: Swift sees only opaque handles, pointers and lengths, so no C++ interoperability spreads into the
/// package. The syntax is https://github.com/google/re2/wiki/Syntax, matching is linear in the text.
#ifndef CURLEW_CRE2_H
#define CURLEW_CRE2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A compiled pattern. Immutable after `cre2_new`: any number of threads may match with it at the same time.
typedef struct cre2_pattern cre2_pattern;

/// Where a group matched; `start` is -1 for a group that took no part.
typedef struct cre2_span {
  ptrdiff_t start;
  ptrdiff_t end;
} cre2_span;

/// Called once per named group, in the order of names. `name` is valid during the call only.
typedef void (*cre2_name_visitor)(void *context, const char *name, size_t length, int group);

/// Compiles a pattern; it is never null, ask `cre2_error` whether it may be used. `latin1` takes pattern and text as
/// single bytes. `maximum_memory` bounds the compiled program and the automaton's cache, in bytes.
cre2_pattern *cre2_new(const char *pattern, size_t length, bool latin1, bool case_sensitive, int64_t maximum_memory);
void cre2_delete(cre2_pattern *pattern);

/// Why the pattern does not compile, or null. Owned by the pattern.
const char *cre2_error(const cre2_pattern *pattern);

/// Number of capturing groups, without the whole match.
int cre2_group_count(const cre2_pattern *pattern);
void cre2_visit_names(const cre2_pattern *pattern, cre2_name_visitor visitor, void *context);

/// Searches `text` from `from` on, unanchored; `^` still means the start of `text`. Fills `count` spans, the whole match
/// first, with offsets into `text`. `spans` may be null when `count` is 0, which is the fastest question.
bool cre2_match(const cre2_pattern *pattern, const char *text, size_t length, size_t from, cre2_span *spans, int count);

/// The first occurrence of literal octets, or null: memmem(3), which glibc does in linear time (Two-Way algorithm) and
/// Swift's Glibc module leaves out.
const void *cre2_find(const void *text, size_t length, const void *needle, size_t needle_length);

#ifdef __cplusplus
}
#endif

#endif
