#include "connectors/file/recover.h"
#include "connectors/compression/compressor.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "connectors/directory/descriptor.h"
#include "connectors/file/limits.h"
#include "tests/support/files/temp_dir.h"

namespace tidegate::file {
namespace {

using lines::Format;

class Recover : public ::testing::Test {
 protected:
  /// How much of these bytes is whole.
  std::uint64_t whole(std::string_view bytes, Compression compression = Compression::none,
                      Format format = Format::payload) {
    return found(bytes, compression, format).whole_bytes;
  }
  Found found(std::string_view bytes, Compression compression, Format format, std::size_t head_bytes = 0) {
    const directory::Descriptor file(::open(dir_.write("file", bytes).c_str(), O_RDONLY));
    const auto examined = examine(file.get(), bytes.size(), compression, format, head_bytes);
    EXPECT_TRUE(examined) << examined.error().message;
    return examined ? *examined : Found{};
  }
  static std::string packed(std::string_view plain, Compression compression) {
    auto compressor = Compressor::create(compression);
    std::string out;
    EXPECT_TRUE(compressor && compressor->compress(plain, out));
    return out;
  }

  test::TempDir dir_{test::memory_directory()};
};

TEST_F(Recover, ALineWithoutItsEndIsTorn) {
  EXPECT_EQ(whole("{\"a\":1}\n{\"a\":2}\n"), 16u);
  EXPECT_EQ(whole("{\"a\":1}\n{\"a\":"), 8u);
  EXPECT_EQ(whole("{\"a\":"), 0u);
  EXPECT_EQ(whole(""), 0u);
}

TEST_F(Recover, ZerosInPlaceOfWhatWasNotWrittenAreTorn) {
  EXPECT_EQ(whole(std::string_view("{\"a\":1}\n\0\0\0\0", 12)), 8u);
  // A later page of the file may have been written, and an earlier one not.
  EXPECT_EQ(whole(std::string_view("{\"a\":1}\n\0\0\0\n{\"a\":3}\n", 20)), 8u);
}

TEST_F(Recover, ALineBreakWithinQuotesEndsNoRowOfCsv) {
  EXPECT_EQ(whole("a,b\r\n1,\"two\nlines\"\r\n", Compression::none, Format::csv), 20u);
  EXPECT_EQ(whole("a,b\r\n1,\"two\nli", Compression::none, Format::csv), 5u);
  EXPECT_EQ(whole("a,b\r\n1,\"say \"\"x\"\"\n\"\r\n2", Compression::none, Format::csv), 21u);
  // A quote within JSON is none of CSV.
  EXPECT_EQ(whole("{\"a\":\"\\\"\"}\n{"), 11u);
}

TEST_F(Recover, PiecesOfTheFileAreSeenAsOne) {
  std::string text;
  while (text.size() < 3 * limits::kReadBytes) text += "1,\"x\ny\"\r\n";
  const std::size_t whole_bytes = text.size();
  EXPECT_EQ(whole(text + "1,\"x\n", Compression::none, Format::csv), whole_bytes);
  for (const Compression compression : {Compression::gzip, Compression::zstd}) {
    std::string random;
    for (std::uint32_t i = 0, x = 1; i < 2 * limits::kReadBytes; ++i)
      random += static_cast<char>((x = x * 1'664'525 + 1) >> 24);
    const std::string one = packed(random, compression);
    EXPECT_EQ(whole(one + one, compression), 2 * one.size());
    EXPECT_EQ(whole(one + one.substr(0, one.size() - 1), compression), one.size());
  }
}

TEST_F(Recover, AMemberOrFrameThatIsNotWholeIsTorn) {
  for (const Compression compression : {Compression::gzip, Compression::zstd}) {
    const std::string first = packed("{\"a\":1}\n", compression);
    const std::string second = packed("{\"a\":2}\n{\"a\":3}\n", compression);
    EXPECT_EQ(whole(first + second, compression), first.size() + second.size());
    for (std::size_t cut = 1; cut < second.size(); ++cut) {
      EXPECT_EQ(whole(first + second.substr(0, cut), compression), first.size()) << cut;
    }
    EXPECT_EQ(whole(first + std::string(100, '\0'), compression), first.size());
    // As large as it was to be, but with zeros in it: the checksum tells.
    for (std::size_t at = 0; at < second.size(); ++at) {
      std::string damaged = second;
      if (damaged[at] == '\0') continue;
      for (std::size_t i = at; i < damaged.size(); ++i) damaged[i] = '\0';
      EXPECT_EQ(whole(first + damaged, compression), first.size()) << at;
    }
    EXPECT_EQ(whole("not compressed at all", compression), 0u);
  }
}

TEST_F(Recover, TheHeadIsTheStartOfTheText) {
  EXPECT_EQ(found("a,b\r\n1,2\r\n", Compression::none, Format::csv, 5).head, "a,b\r\n");
  EXPECT_EQ(found("a,", Compression::none, Format::csv, 5).head, "a,");
  EXPECT_EQ(found(packed("a,b\r\n1,2\r\n", Compression::gzip), Compression::gzip, Format::csv, 5).head, "a,b\r\n");
  EXPECT_EQ(found(packed("a,b\r\n1,2\r\n", Compression::zstd), Compression::zstd, Format::csv, 5).head, "a,b\r\n");
}

}  // namespace
}  // namespace tidegate::file
