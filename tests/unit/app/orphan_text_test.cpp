#include "gateway/app/orphan_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace tidegate {
namespace {

using nlohmann::json;

json lane(const std::string& name, bool configured, std::uint64_t pending = 0, std::uint64_t dead = 0) {
  return {{"name", name}, {"configured", configured}, {"ledger", {{"pending", pending}}}, {"dead_letters", dead}};
}

TEST(OrphanText, NamesTheCommandsThatDecideAndTheLaneOfTheSameSinkAsTheOneThatAdopts) {
  const json status = {{"lanes", {lane("hot/file", true), lane("new/cloud", true), lane("old/cloud", false, 5, 2)}}};
  EXPECT_EQ(
      orphan_text(status, "/etc/tidegate.yaml"),
      "\n"
      "note  lane old/cloud is not in the config; 5 events and 2 dead letters wait in it\n"
      "      tidegate lanes adopt old/cloud --to new/cloud -c /etc/tidegate.yaml   # another lane delivers the "
      "events\n"
      "      tidegate dead export --lane old/cloud -o dead.ndjson -c /etc/tidegate.yaml   # keep the dead letters "
      "in a file\n"
      "      tidegate lanes drop old/cloud -c /etc/tidegate.yaml   # give all of it up\n");
}

TEST(OrphanText, AFileNameIsOneWordOfTheShell) {
  const json status = {{"lanes", {lane("old/cloud", false, 5)}}};
  EXPECT_NE(orphan_text(status, "my gate's.yaml").find(R"( -c 'my gate'\''s.yaml' )"), std::string::npos);
}

TEST(OrphanText, SaysNothingWithoutOrphansAndOffersNothingOnceItIsDecided) {
  EXPECT_EQ(orphan_text({{"lanes", {lane("new/cloud", true, 5)}}}, "x"), "");
  json leaving = lane("old/cloud", false, 5);
  leaving["leaving"] = "dropped";
  EXPECT_EQ(orphan_state(leaving), "dropping");
  EXPECT_EQ(orphan_text({{"lanes", {leaving}}}, "x"), "");
  leaving["leaving"] = "adopted";
  leaving["adopted_by"] = "new/cloud";
  EXPECT_EQ(orphan_text({{"lanes", {leaving}}}, "x"),
            "\nnote  lane old/cloud is not in the config; new/cloud takes its events over\n");
}

}  // namespace
}  // namespace tidegate
