// ldns for Swift: DNS messages on the wire and in presentation form.
#ifndef CURLEW_CLDNS_SHIM_H
#define CURLEW_CLDNS_SHIM_H

// Glibc's names stay its own when its module is loaded first (Sources/CLinux/include/CLinux.h).
#if __has_feature(modules)
#pragma clang module import SwiftGlibc
#endif

#include <ldns/ldns.h>

// The format is a global pointer that Swift takes for shared mutable state; ldns never changes it.
static inline ldns_status curlew_ldns_print(ldns_buffer *output, const ldns_rr *record) {
  return ldns_rr2buffer_str_fmt(output, ldns_output_format_nocomments, record);
}

#endif
