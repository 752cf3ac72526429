#include "connectors/http/ingest/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "connectors/http/ingest/limits.h"

namespace tidegate::ingest {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

/// Feeds all of `text`, `step` more bytes at a time, as a connection does; returns what was used up.
std::size_t feed(RequestReader& reader, std::string_view text, std::size_t step = SIZE_MAX) {
  std::size_t used = 0;
  for (std::size_t have = 0; have < text.size() && !reader.done() && !reader.refused();) {
    have += std::min(step, text.size() - have);
    for (std::size_t now = 1; now > 0 && used < have && !reader.done() && !reader.refused(); used += now)
      now = reader.feed(text.substr(used, have - used));
  }
  return used;
}

int refusal(const std::string& text) {
  RequestReader reader(1000);
  feed(reader, text);
  return reader.refused() ? reader.refused()->status : 0;
}

constexpr std::string_view kPost =
    "POST /v1/events?x HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nCE-Id: 7\r\nContent-Length: 5\r\n\r\nhello";

TEST(RequestReader, ReadsARequestHoweverItIsCut) {
  for (std::size_t step = 1; step < kPost.size() + 2; ++step) {
    RequestReader reader(1000);
    EXPECT_EQ(feed(reader, kPost, step), kPost.size());
    ASSERT_TRUE(reader.done()) << step;
    EXPECT_EQ(reader.head().method, "POST");
    EXPECT_EQ(reader.head().target, "/v1/events?x");
    EXPECT_EQ(reader.head().content_type, "text/plain");
    EXPECT_THAT(reader.head().cloud_event, ElementsAre(Pair("id", "7")));
    EXPECT_EQ(reader.body(), "hello");
    EXPECT_TRUE(reader.keeps_connection());
  }
}

TEST(RequestReader, StopsAtTheEndOfARequestAndAfterTheHead) {
  RequestReader reader(1000);
  const std::string two = std::string(kPost) + std::string(kPost);
  EXPECT_EQ(reader.feed(two), kPost.size() - 5);
  EXPECT_TRUE(reader.head_done());
  EXPECT_FALSE(reader.done());
  EXPECT_EQ(reader.announced(), 5u);
  EXPECT_EQ(reader.feed(std::string_view(two).substr(kPost.size() - 5)), 5u);
  EXPECT_TRUE(reader.done());
}

TEST(RequestReader, ChunksAreJoinedAndTrailersChangeNothing) {
  RequestReader reader(1000);
  feed(reader,
       "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTrailer: Authorization\r\n\r\n"
       "3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nAuthorization: Bearer stolen\r\nce-id: 9\r\n\r\n",
       3);
  ASSERT_TRUE(reader.done());
  EXPECT_EQ(reader.announced(), std::nullopt);
  EXPECT_EQ(reader.body(), "abcde");
  EXPECT_FALSE(reader.head().authorization);
  EXPECT_TRUE(reader.head().cloud_event.empty());
}

int chunked_refusal(const std::string& chunks, std::size_t step = SIZE_MAX) {
  RequestReader reader(1000);
  feed(reader, "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks, step);
  return reader.refused() ? reader.refused()->status : reader.done() ? 200 : 0;
}

TEST(RequestReader, ChunksAreReadHoweverTheyAreCut) {
  for (std::size_t step = 1; step < 12; ++step) {
    EXPECT_EQ(chunked_refusal("0\r\n\r\n", step), 200) << step;
    EXPECT_EQ(chunked_refusal("A ;x=\"y\"\r\n0123456789\r\n000\r\na: b\r\n\r\n", step), 200) << step;
    EXPECT_EQ(chunked_refusal("0\r\n~\xFF without an end", step), 0) << step;
    EXPECT_EQ(chunked_refusal("0\r\n)\xFF\rGET / HTTP", step), 400) << step;
  }
}

TEST(RequestReader, RefusesChunksThatAreNotWellFormed) {
  for (const char* chunks :
       {"\r\n", ";a\r\n", "1\na\r\n", "1\r\nab\r\n", "1\r\na\n", "1\r\na\rx", "1 2\r\n\x01", "-1\r\n", "0x1\r\n",
        "1\rx", "0\r\n\n", "0\r\na\n", "0\r\na: \x01", "00000000000000001\r\n"}) {
    EXPECT_EQ(chunked_refusal(chunks), 400) << chunks;
  }
  EXPECT_EQ(chunked_refusal("FFFFFFFFFFFFFFFF\r\n"), 413);
  EXPECT_EQ(chunked_refusal("1;" + std::string(257, 'a')), 400);
  EXPECT_EQ(chunked_refusal("0\r\n" + std::string(limits::kIngestHeaderBytesMax + 1, 'a')), 400);
}

TEST(RequestReader, HoldsBodiesToTheLimit) {
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n"), 413);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'x')),
            413);
  std::string small;
  for (int i = 0; i < 1001; ++i) small += "1\r\nx\r\n";
  EXPECT_EQ(chunked_refusal(small), 413);
}

TEST(RequestReader, HoldsHeadersToTheLimit) {
  EXPECT_EQ(refusal("GET /" + std::string(limits::kIngestHeaderBytesMax, 'a')), 431);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\na: " + std::string(limits::kIngestHeaderBytesMax, 'a')), 431);
  std::string many = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 201; ++i) many += "a: b\r\n";
  EXPECT_EQ(refusal(many + "\r\n"), 431);
}

TEST(RequestReader, RefusesWhatOthersCouldReadDifferently) {
  EXPECT_EQ(refusal("hello\r\n\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/2.0\r\n\r\n"), 505);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"), 400);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n"), 400);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nContent-Type: a/b\r\nContent-Type: a/c\r\n\r\n"), 400);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n"), 400);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), 400);
  EXPECT_EQ(refusal("POST / HTTP/1.1\r\nBad Name: x\r\n\r\n"), 400);
}

}  // namespace
}  // namespace tidegate::ingest
