// Brotli for Swift: the decoder of the "br" content coding (RFC 7932).
#ifndef CURLEW_CBROTLI_SHIM_H
#define CURLEW_CBROTLI_SHIM_H

#include <brotli/decode.h>

#endif
