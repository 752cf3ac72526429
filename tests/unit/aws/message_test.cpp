#include "connectors/aws/message.h"

#include <gmock/gmock.h>

#include "connectors/aws/xml.h"
#include "tests/unit/aws/aws_fixture.h"

namespace tidegate::aws {
namespace {

TEST(AwsMessage, AnIdThatFitsStaysAndAnotherIsHashedAlwaysToTheSame) {
  EXPECT_EQ(token_of("site/a:1"), "site/a:1");
  EXPECT_EQ(token_of(std::string(128, 'a')), std::string(128, 'a'));
  for (const std::string& odd : {std::string(129, 'a'), std::string("a b"), std::string("\xc3\xa4"), std::string()}) {
    EXPECT_EQ(token_of(odd).size(), 64u);
    EXPECT_EQ(token_of(odd), token_of(odd));
  }
  EXPECT_EQ(token_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(AwsMessage, OnlyTextCanBeAMessage) {
  EXPECT_EQ(message_fault("{\"a\":1}\r\n\t\xc3\xa4\xf0\x9f\x98\x80"), "");
  EXPECT_NE(message_fault(""), "");
  for (const char* binary : {"\x01", "a\xff", "\xef\xbf\xbf", "\xef\xbf\xbe"}) EXPECT_NE(message_fault(binary), "");
  EXPECT_NE(message_fault(std::string_view("a\0b", 3)), "");
}

TEST(AwsMessage, NamesOfAttributesAreChecked) {
  const auto fault = [](const std::string& name) {
    fields::TextMap texts;
    texts.entries.emplace_back(name, fields::Text("x"));
    return attributes_fault(texts).value_or("");
  };
  EXPECT_EQ(fault("site-1.a_B"), "");
  for (const char* wrong : {"a b", ".a", "a.", "a..b", "AWS.x", "aws.x", "Amazon.x", "\xc3\xa4"}) {
    EXPECT_NE(fault(wrong), "") << wrong;
  }
  EXPECT_NE(fault(std::string(257, 'a')), "");
  fields::TextMap eleven;
  for (int i = 0; i < 11; ++i) eleven.entries.emplace_back("a" + std::to_string(i), fields::Text("x"));
  EXPECT_NE(attributes_fault(eleven), std::nullopt);
}

TEST(AwsXml, ElementsAreTakenOneAfterTheOther) {
  std::string_view xml = "<a x='1'><member>1</member><members>no</members><member >2</member><member>3";
  std::string_view inside;
  ASSERT_TRUE(take_element(xml, "member", inside));
  EXPECT_EQ(inside, "1");
  ASSERT_TRUE(take_element(xml, "member", inside));
  EXPECT_EQ(inside, "2");
  EXPECT_FALSE(take_element(xml, "member", inside));
  EXPECT_EQ(element_text("<m>a&amp;lt;&apos;</m>", "m"), "a&lt;'");
}

}  // namespace
}  // namespace tidegate::aws
