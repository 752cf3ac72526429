#include "connectors/http/body.h"

#include <gtest/gtest.h>

#include "connectors/http/header_lines.h"
#include "tests/unit/http/sink_fixture.h"

namespace tidegate::http {
namespace {

std::string key_of(const std::vector<OutEvent>& events) { return idempotency_key(batch_of(events).events); }

TEST(HttpBody, IdempotencyKeyDependsOnTheIdsAlone) {
  auto events = numbered_events(3);
  const std::string key = key_of(events);
  events[0].event.data = "other";
  events[1].event.subject = "other";
  EXPECT_EQ(key_of(events), key);
  std::swap(events[0], events[1]);
  EXPECT_NE(key_of(events), key);
  // Written down once: a key that changed with an upgrade would make receivers take events twice.
  EXPECT_EQ(key, "5b84ce7132adbd8c80eb7156765b7db8");
}

TEST(HttpBody, IdempotencyKeyOfOneEventIsItsIdWhenAHeaderCanHoldIt) {
  auto events = numbered_events(1);
  EXPECT_EQ(key_of(events), "id-1");
  events[0].event.id = "with space";
  EXPECT_EQ(key_of(events).size(), 32u);
  events[0].event.id = std::string(300, 'x');
  EXPECT_EQ(key_of(events).size(), 32u);
}

TEST(HttpBody, IdempotencyKeyKnowsWhereAnIdEnds) {
  auto one = numbered_events(2), other = numbered_events(2);
  one[0].event.id = "a", one[1].event.id = "bc";
  other[0].event.id = "ab", other[1].event.id = "c";
  EXPECT_NE(key_of(one), key_of(other));
}

TEST(HttpBody, LinesHoldNoLineBreaks) {
  auto events = numbered_events(2);
  events[0].event.data = "{\n  \"a\": \"x\\n\"\r\n}";
  std::string body;
  write_body(Format::ndjson, false, batch_of(events).events, body);
  EXPECT_EQ(body, "{   \"a\": \"x\\n\"  }\n{\"n\":2}\n");
}

TEST(HttpHeaders, LinesAreReusedWithoutLeftovers) {
  HeaderLines lines;
  lines.add("A", "1");
  lines.add("B", "2");
  lines.clear();
  lines.add("C", "");
  lines.omit("Expect");
  EXPECT_FALSE(lines.has("a"));
  EXPECT_TRUE(lines.has("c"));
  const curl_slist* list = lines.list();
  EXPECT_STREQ(list->data, "C;");
  EXPECT_STREQ(list->next->data, "Expect:");
  EXPECT_EQ(list->next->next, nullptr);
}

}  // namespace
}  // namespace tidegate::http
