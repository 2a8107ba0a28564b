// zlib for Swift: the gzip coding of HTTP responses.
#ifndef CURLEW_CZLIB_SHIM_H
#define CURLEW_CZLIB_SHIM_H

#include <zlib.h>

// deflateInit2 is a macro over a function that wants the header's version and size; Swift sees neither.
static inline int curlew_deflate_begin_gzip(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

#endif
