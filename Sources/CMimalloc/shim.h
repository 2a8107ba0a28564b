// mimalloc for Swift: the process's allocator, and a way to make it give back what it keeps.
#ifndef CURLEW_CMIMALLOC_SHIM_H
#define CURLEW_CMIMALLOC_SHIM_H

#include <mimalloc.h>

#endif
