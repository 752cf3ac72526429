#include "connectors/directory/progress.h"

#include <gtest/gtest.h>

#include <set>

namespace tidegate::directory {
namespace {

TEST(Progress, SurvivesItsText) {
  const Progress progress{{1, UINT64_MAX}, {4, 5, -6}, 7, 8, 9, 10, 11, 12};
  const auto back = decode_progress(encode(progress));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, progress);
}

TEST(Progress, OtherTextsAreNone) {
  const std::string text = encode(Progress{});
  for (const std::string& wrong :
       {std::string(), std::string("2 1 1"), text + " 1", text.substr(0, text.size() - 2), std::string("1 x")})
    EXPECT_FALSE(decode_progress(wrong)) << wrong;
}

TEST(RowId, IsAUuidOfVersion8ThatDependsOnFileRowAndContent) {
  const FileKey key = make_key("erp", "orders.csv", {1, 2, 3}, "a,b");
  const std::string id = row_id(key, 1, "1,2");
  ASSERT_EQ(id.size(), 36u);
  EXPECT_EQ(id[14], '8');
  EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
  EXPECT_EQ(row_id(make_key("erp", "orders.csv", {1, 2, 3}, "a,b"), 1, "1,2"), id);
  const std::set<std::string> all = {row_id(key, 2, "1,2"),
                                     row_id(key, 1, "1,3"),
                                     row_id(make_key("mes", "orders.csv", {1, 2, 3}, "a,b"), 1, "1,2"),
                                     row_id(make_key("erp", "order.csv", {1, 2, 3}, "a,b"), 1, "1,2"),
                                     row_id(make_key("erp", "orders.csv", {1, 2, 4}, "a,b"), 1, "1,2"),
                                     row_id(make_key("erp", "orders.csv", {1, 2, 3}, "a,c"), 1, "1,2"),
                                     id};
  EXPECT_EQ(all.size(), 7u);
}

}  // namespace
}  // namespace tidegate::directory
