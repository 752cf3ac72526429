#pragma once

// libjq's headers are C, and do not say so to C++.
extern "C" {
#include <jq.h>
}
