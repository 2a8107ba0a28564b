// Nettle for Swift: the digests that expressions offer.
#ifndef CURLEW_CNETTLE_SHIM_H
#define CURLEW_CNETTLE_SHIM_H

#include <nettle/hmac.h>
#include <nettle/sha2.h>

#endif
