#include <cstdio>

#include "tests/support/receiver/test_certs.h"

/// make_test_certs DIR [NAMES]: writes a throw-away authority, server and client certificate into DIR.
int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::fprintf(stderr, "usage: make_test_certs DIR [DNS:name,IP:address,...]\n");
    return 2;
  }
  const auto made =
      argc == 3 ? tidegate::testing::make_test_certs(argv[1], argv[2]) : tidegate::testing::make_test_certs(argv[1]);
  if (!made) {
    std::fprintf(stderr, "%s\n", made.error().message.c_str());
    return 1;
  }
  return 0;
}
