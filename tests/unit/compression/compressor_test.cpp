#include "connectors/compression/compressor.h"

#include <gtest/gtest.h>

#include "tests/support/receiver/bodies.h"

namespace tidegate {
namespace {

TEST(Compression, CompressorsAreUsedAgainAndShrink) {
  for (const Compression compression : {Compression::gzip, Compression::zstd}) {
    auto compressor = Compressor::create(compression);
    ASSERT_TRUE(compressor);
    for (const std::size_t size : {0u, 10u, 1'000'000u}) {
      const std::string plain(size, 'x');
      std::string packed;
      ASSERT_TRUE(compressor->compress(plain, packed));
      EXPECT_LT(packed.size(), size / 100 + 40);
      const auto unpacked = testing::decode_body(compressor->content_encoding(), packed);
      ASSERT_TRUE(unpacked) << unpacked.error().message;
      EXPECT_EQ(*unpacked, plain);
    }
  }
}

}  // namespace
}  // namespace tidegate
