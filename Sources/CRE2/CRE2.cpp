#include "CRE2.h"

#include <re2/re2.h>

#include <cstring>
#include <string>
#include <vector>

struct cre2_pattern {
  cre2_pattern(const re2::StringPiece &text, const re2::RE2::Options &options) : re(text, options) {}
  re2::RE2 re;
};

cre2_pattern *cre2_new(const char *pattern, size_t length, bool latin1, bool case_sensitive, int64_t maximum_memory) {
  re2::RE2::Options options(re2::RE2::Quiet);
  options.set_encoding(latin1 ? re2::RE2::Options::EncodingLatin1 : re2::RE2::Options::EncodingUTF8);
  options.set_case_sensitive(case_sensitive);
  options.set_max_mem(maximum_memory);
  return new cre2_pattern(re2::StringPiece(pattern, length), options);
}

void cre2_delete(cre2_pattern *pattern) { delete pattern; }

const char *cre2_error(const cre2_pattern *pattern) {
  return pattern->re.ok() ? nullptr : pattern->re.error().c_str();
}

int cre2_group_count(const cre2_pattern *pattern) { return pattern->re.NumberOfCapturingGroups(); }

void cre2_visit_names(const cre2_pattern *pattern, cre2_name_visitor visitor, void *context) {
  for (const auto &entry : pattern->re.NamedCapturingGroups()) {
    visitor(context, entry.first.data(), entry.first.size(), entry.second);
  }
}

bool cre2_match(const cre2_pattern *pattern, const char *text, size_t length, size_t from, cre2_span *spans, int count) {
  if (from > length) return false;
  // RE2 tells an absent group from an empty one by a null pointer, so the text itself must not be null.
  const re2::StringPiece subject(text == nullptr ? "" : text, length);
  if (count == 0) return pattern->re.Match(subject, from, length, re2::RE2::UNANCHORED, nullptr, 0);
  std::vector<re2::StringPiece> groups(count);
  if (!pattern->re.Match(subject, from, length, re2::RE2::UNANCHORED, groups.data(), count)) return false;
  for (int i = 0; i < count; i++) {
    if (groups[i].data() == nullptr) {
      spans[i] = {-1, -1};
    } else {
      const ptrdiff_t start = groups[i].data() - subject.data();
      spans[i] = {start, start + static_cast<ptrdiff_t>(groups[i].size())};
    }
  }
  return true;
}

const void *cre2_find(const void *text, size_t length, const void *needle, size_t needle_length) {
  return memmem(text, length, needle, needle_length);
}
