#pragma once

#include "gateway/routing/limits.h"

namespace tidegate {

/// Empties a vector or the like, and gives its memory back when it is more than a matcher keeps.
template <class List>
void clear_and_keep_some(List& list) {
  if (list.capacity() > limits::kMatcherKeptMax) {
    list = List();
  } else {
    list.clear();
  }
}

}  // namespace tidegate
