// The face of this target is its header.
#include "CLinux.h"
