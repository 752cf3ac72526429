#include "gateway/base/printable.h"

#include <gtest/gtest.h>

namespace tidegate {
namespace {

TEST(Printable, LetsNoControlCharacterThrough) {
  EXPECT_EQ(printable("a\x1b[31mb\n\x7f"), "a\\x1b[31mb\\x0a\\x7f");
  EXPECT_EQ(printable(std::string_view("\0\x1f", 2)), "\\x00\\x1f");
}

TEST(Printable, LeavesEverythingElseAsItIs) {
  EXPECT_EQ(printable(" ~K\xc3\xb6ln\xff\\x00"), " ~K\xc3\xb6ln\xff\\x00");
  EXPECT_EQ(printable(""), "");
}

}  // namespace
}  // namespace tidegate
