// zlib for Swift: the "gzip" and "deflate" content codings, both ways.
#ifndef CURLEW_CZLIB_SHIM_H
#define CURLEW_CZLIB_SHIM_H

// Glibc's names stay its own when its module is loaded first (Sources/CLinux/include/CLinux.h).
#if __has_feature(modules)
#pragma clang module import SwiftGlibc
#endif

#include <zlib.h>

// deflateInit2 and inflateInit2 are macros over functions that want the header's version and size; Swift sees neither.

static inline int curlew_deflate_begin_gzip(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

static inline int curlew_inflate_begin(z_stream *stream, int window_bits) {
  return inflateInit2(stream, window_bits);
}

#endif
