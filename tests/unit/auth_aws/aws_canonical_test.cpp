#include "connectors/auth/aws_canonical.h"

#include <gtest/gtest.h>

namespace tidegate::auth {
namespace {

std::string path_of(std::string_view path, CanonicalPath rule = CanonicalPath::normalized) {
  std::string out;
  append_canonical_path(path, rule, out);
  return out;
}

std::string query_of(std::string_view query) {
  CanonicalRequest request;
  request.write("GET", "/?" + std::string(query), CanonicalPath::normalized, "hash");
  const std::string_view text = request.text();
  const std::string_view from_query = text.substr(std::string_view("GET\n/\n").size());
  return std::string(from_query.substr(0, from_query.find('\n')));
}

TEST(CanonicalPathOf, ServicesNormalizeAndEncodeWhatWasSentOnceMore) {
  EXPECT_EQ(path_of(""), "/");
  EXPECT_EQ(path_of("/"), "/");
  EXPECT_EQ(path_of("//a/./b//../c/"), "/a/c/");
  EXPECT_EQ(path_of("/../../a"), "/a");
  EXPECT_EQ(path_of("/a/.."), "/");
  EXPECT_EQ(path_of("/a%20b/c:d"), "/a%2520b/c%3Ad");
}

TEST(CanonicalPathOf, AsSentKeepsEverySegment) {
  EXPECT_EQ(path_of("", CanonicalPath::as_sent), "/");
  EXPECT_EQ(path_of("//a/../b%2F/", CanonicalPath::as_sent), "//a/../b%252F/");
}

TEST(CanonicalPathOf, AnS3KeyIsEncodedOnceHoweverItWasSent) {
  const auto s3 = [](std::string_view path) { return path_of(path, CanonicalPath::encoded_once); };
  EXPECT_EQ(s3("/a//b/../c%2fd"), "/a//b/../c%2Fd");
  EXPECT_EQ(s3("/%61b+c%7e"), "/ab%2Bc~");
  EXPECT_EQ(s3("/100%"), "/100%25");
  EXPECT_EQ(s3("/a%zz%4"), "/a%25zz%254");
}

TEST(CanonicalQueryOf, IsSortedByKeyAndThenByValue) {
  EXPECT_EQ(query_of("b=2&a-b=3&a=2&B=4&a=10"), "B=4&a=10&a=2&a-b=3&b=2");
}

TEST(CanonicalQueryOf, EncodesSeparatorsInsideValues) {
  EXPECT_EQ(query_of("p=a/b:c&q=x=y?z"), "p=a%2Fb%3Ac&q=x%3Dy%3Fz");
}

TEST(CanonicalQueryOf, AKeyWithoutValueGetsAnEmptyOne) { EXPECT_EQ(query_of("acl&&x="), "acl=&x="); }

TEST(CanonicalQueryOf, WhatIsEncodedAlreadyStaysOnceEncoded) {
  EXPECT_EQ(query_of("k%2fey=%c3%A9&plus=a+b"), "k%2Fey=%C3%A9&plus=a%2Bb");
}

TEST(CanonicalHeaders, RepeatedOnesAreJoinedInTheOrderTheyAreSent) {
  CanonicalRequest request;
  request.add_header("X-Tag", "two");
  request.add_header("Host", "h");
  request.add_header("x-tag", "  one \t  three ");
  request.add_header("X-TAG", "");
  request.write("PUT", "/", CanonicalPath::normalized, "hash");
  EXPECT_EQ(request.text(), "PUT\n/\n\nhost:h\nx-tag:two,one three,\n\nhost;x-tag\nhash");
  EXPECT_EQ(request.signed_headers(), "host;x-tag");
}

TEST(CanonicalHeaders, AreSortedByNameAlone) {
  CanonicalRequest request;
  for (const char* name : {"X-Amz-Target-Other", "X-Amz-Target", "X-Amz", "Host"}) request.add_header(name, "1");
  request.write("GET", "/", CanonicalPath::normalized, "hash");
  EXPECT_EQ(request.signed_headers(), "host;x-amz;x-amz-target;x-amz-target-other");
}

TEST(CanonicalRequest, NothingOfTheLastRequestIsInTheNext) {
  CanonicalRequest request;
  request.add_header("Host", "first");
  request.write("POST", "/a?b=c", CanonicalPath::normalized, "hash");
  request.clear();
  request.add_header("Host", "second");
  request.write("GET", "/", CanonicalPath::normalized, "other");
  EXPECT_EQ(request.text(), "GET\n/\n\nhost:second\n\nhost\nother");
}

}  // namespace
}  // namespace tidegate::auth
