// libpq for Swift: the client library of PostgreSQL (https://www.postgresql.org/docs/15/libpq.html).
#ifndef CURLEW_CPOSTGRES_SHIM_H
#define CURLEW_CPOSTGRES_SHIM_H

// Glibc's names stay its own when its module is loaded first (Sources/CLinux/include/CLinux.h).
#if __has_feature(modules)
#pragma clang module import SwiftGlibc
#endif

#include <libpq-fe.h>

#endif
