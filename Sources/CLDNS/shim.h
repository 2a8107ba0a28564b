// ldns for Swift: DNS messages on the wire and in presentation form.
#ifndef CURLEW_CLDNS_SHIM_H
#define CURLEW_CLDNS_SHIM_H

#include <ldns/ldns.h>

#endif
