// libxcrypt for Swift: bcrypt hashes of passwords (crypt(5)).
#ifndef CURLEW_CCRYPT_SHIM_H
#define CURLEW_CCRYPT_SHIM_H

// Glibc's names stay its own when its module is loaded first (Sources/CLinux/include/CLinux.h).
#if __has_feature(modules)
#pragma clang module import SwiftGlibc
#endif

#include <crypt.h>

#endif
