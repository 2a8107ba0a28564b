// zlib and brotli for Swift: the decoders of the content codings that libcurl itself is built with. They are called
// directly because libcurl takes a compressed body that ends early for a whole one.
#ifndef CURLEW_CCURL_CODINGS_H
#define CURLEW_CCURL_CODINGS_H

#include <brotli/decode.h>
#include <zlib.h>

// inflateInit2 is a function-like macro, which Swift cannot import.
static inline int curlew_inflate_init(z_stream *stream, int window_bits) {
  return inflateInit2(stream, window_bits);
}

#endif
