// ldns for Swift: DNS messages on the wire and in presentation form.
#ifndef CURLEW_CLDNS_SHIM_H
#define CURLEW_CLDNS_SHIM_H

#include <ldns/ldns.h>

// The format is a global pointer that Swift takes for shared mutable state; ldns never changes it.
static inline ldns_status curlew_ldns_print(ldns_buffer *output, const ldns_rr *record) {
  return ldns_rr2buffer_str_fmt(output, ldns_output_format_nocomments, record);
}

#endif
