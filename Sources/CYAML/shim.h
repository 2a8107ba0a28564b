// libyaml for Swift: the events of a YAML text, each with the places where it begins and ends.
#ifndef CURLEW_CYAML_SHIM_H
#define CURLEW_CYAML_SHIM_H

#include <yaml.h>

#endif
