// libxml2 for Swift: forgiving HTML, strict XML, and XPath over both.
#ifndef CURLEW_CXML_SHIM_H
#define CURLEW_CXML_SHIM_H

// Glibc's names stay its own when its module is loaded first (Sources/CLinux/include/CLinux.h).
#if __has_feature(modules)
#pragma clang module import SwiftGlibc
#endif

// Debian's libxml2 can decode by ICU, and says so in its headers. Text is UTF-8 when it gets here; ICU's own headers would
// meet those of Foundation's copy.
#include <libxml/xmlversion.h>
#undef LIBXML_ICU_ENABLED

#include <libxml/HTMLparser.h>
#include <libxml/HTMLtree.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/tree.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#endif
