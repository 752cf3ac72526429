#include "gateway/config/option_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

namespace tidegate {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

enum class Version : std::uint8_t { automatic, v5 };

struct Tls {
  std::string ca;
  bool verify = true;
};
struct Subscription {
  std::string topic;
  std::uint8_t qos = 1;
};
struct Options {
  std::string broker;
  milliseconds keep_alive{60'000};
  std::chrono::seconds expiry{7 * 86400};
  std::uint16_t window = 1000;
  std::int32_t offset = -3;
  double factor = 1.5;
  std::size_t packet = 1u << 20;
  std::optional<std::string> client_id;
  std::filesystem::path folder;
  std::vector<std::string> tags;
  std::map<std::string, std::string> headers;
  Secret token;
  StoredSecret password;
  Version version = Version::automatic;
  std::optional<Tls> tls;
  std::vector<Subscription> subscribe;
};

const OptionTableOf<Tls>& tls_table() {
  static const auto table =
      OptionTableOf<Tls>("TLS.").option("ca", &Tls::ca, "Authority.").option("verify", &Tls::verify, "Check the peer.");
  return table;
}

const OptionTableOf<Subscription>& subscription_table() {
  static const auto table = OptionTableOf<Subscription>("A subscription.")
                                .required("topic", &Subscription::topic, "Topic filter.")
                                .option("qos", &Subscription::qos, "Quality of service.", between(0, 2))
                                .shorthand("topic");
  return table;
}

const OptionTableOf<Options>& table() {
  static const auto table =
      OptionTableOf<Options>("A test.")
          .required("broker", &Options::broker, "Where the broker is.")
          .option("keep_alive", &Options::keep_alive, "Keep alive.", between(1s, 18h))
          .option("expiry", &Options::expiry, "Expiry.")
          .option("window", &Options::window, "Window.", at_least(1))
          .option("offset", &Options::offset, "Offset.")
          .option("factor", &Options::factor, "Factor.")
          .bytes("packet", &Options::packet, "Packet.", between(256, 8 << 20))
          .option("client_id", &Options::client_id, "Name.")
          .default_text("the gateway's id")
          .option("folder", &Options::folder, "Folder.")
          .option("tags", &Options::tags, "Tags.")
          .option("headers", &Options::headers, "Headers.")
          .secret("token", &Options::token, "Token.")
          .secret("password", &Options::password, "Password.")
          .choice("version", &Options::version, {{"auto", Version::automatic, "Try 5."}, {"5", Version::v5, "Only 5."}},
                  "Protocol.")
          .section("tls", &Options::tls, tls_table(), "TLS.")
          .list("subscribe", &Options::subscribe, subscription_table(), "Topics.")
          .check([](const Options& o) -> std::optional<OptionFault> {
            if (!o.token.empty() && !o.password.empty()) return OptionFault{"token", "excludes a password"};
            return std::nullopt;
          });
  return table;
}

/// What is reported for a text with a broker and these lines.
std::string fault(const std::string& lines) {
  const auto options = table().parse_text("broker: b\n" + lines);
  return options ? "" : options.error().message;
}

TEST(OptionTable, EveryTypeIsReadAsWritten) {
  const auto read = table().parse_text(R"(
broker: mqtt://x
keep_alive: 90s
expiry: 2h
window: 20
offset: -7
factor: 0.25
packet: 2MiB
client_id: me
folder: /var/lib/x
tags: [ a, b ]
headers: { X-A: "1", X-B: two }
token: t0k
version: 5
tls: { ca: x.pem, verify: false }
subscribe: [ a/#, { topic: b, qos: 2 } ]
)");
  ASSERT_TRUE(read) << read.error().message;
  const Options& o = *read;
  EXPECT_EQ(o.broker, "mqtt://x");
  EXPECT_EQ(o.keep_alive, 90s);
  EXPECT_EQ(o.expiry, 2h);
  EXPECT_EQ(o.window, 20);
  EXPECT_EQ(o.offset, -7);
  EXPECT_EQ(o.factor, 0.25);
  EXPECT_EQ(o.packet, 2u << 20);
  EXPECT_EQ(o.client_id, "me");
  EXPECT_EQ(o.folder, "/var/lib/x");
  EXPECT_THAT(o.tags, testing::ElementsAre("a", "b"));
  EXPECT_EQ(o.headers.at("X-B"), "two");
  EXPECT_EQ(o.token.reveal(), "t0k");
  EXPECT_EQ(o.version, Version::v5);
  EXPECT_FALSE(o.tls.value().verify);
  ASSERT_EQ(o.subscribe.size(), 2u);
  EXPECT_EQ(o.subscribe[0].topic, "a/#");
  EXPECT_EQ(o.subscribe[0].qos, 1);
  EXPECT_EQ(o.subscribe[1].qos, 2);
}

TEST(OptionTable, InitialisersAreTheDefaults) {
  const auto read = table().parse_text("broker: b");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->keep_alive, 60s);
  EXPECT_FALSE(read->client_id);
  EXPECT_FALSE(read->tls);
  std::map<std::string, std::string> shown;
  for (const OptionDoc& option : table().options()) shown[option.name] = option.default_text.value_or("-");
  EXPECT_EQ(shown["keep_alive"], "1m");
  EXPECT_EQ(shown["expiry"], "7d");
  EXPECT_EQ(shown["packet"], "1MiB");
  EXPECT_EQ(shown["factor"], "1.5");
  EXPECT_EQ(shown["version"], "auto");
  EXPECT_EQ(shown["client_id"], "the gateway's id");
  EXPECT_EQ(shown["token"], "-");
}

TEST(OptionTable, AMissingRequiredOptionIsReportedWithItsSentence) {
  const auto read = table().parse_text("window: 1");
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("missing option \"broker\" at the top level: Where the broker is."));
}

TEST(OptionTable, EachMistakeSaysWhereWhatAndTheRemedy) {
  EXPECT_EQ(fault("keep_aliv: 1s"),
            "options:2:1: error: unknown option \"keep_aliv\" at the top level; "
            "did you mean \"keep_alive\"?\n");
  EXPECT_EQ(fault("keep_alive: 30"),
            "options:2:13: error: keep_alive: \"30\" has no unit; write one of ms, s, m, h, d, as in 30s\n");
  EXPECT_EQ(fault("keep_alive: 20h"),
            "options:2:13: error: keep_alive: \"20h\" is out of range; it must be between 1s and 18h\n");
  EXPECT_EQ(fault("expiry: 1500ms"),
            "options:2:9: error: expiry: \"1500ms\" is finer than this option; write a multiple of 1s\n");
  EXPECT_EQ(fault("window: 70000"), "options:2:9: error: window: \"70000\" is too large\n");
  EXPECT_EQ(fault("window: 0"), "options:2:9: error: window: \"0\" is out of range; it must be at least 1\n");
  EXPECT_EQ(fault("window: -1"), "options:2:9: error: window: \"-1\" is negative; write 0 or more\n");
  EXPECT_EQ(fault("packet: 64"),
            "options:2:9: error: packet: \"64\" has no unit; write one of B, KiB, MiB, GiB, TiB, "
            "KB, MB, GB, TB, as in 64KiB\n");
  EXPECT_EQ(fault("version: 6"), "options:2:10: error: version: \"6\" is not one of auto, 5\n");
  EXPECT_EQ(fault("version: auot"),
            "options:2:10: error: version: \"auot\" is not one of auto, 5; did you mean \"auto\"?\n");
  EXPECT_EQ(fault("tls: yes"), "options:2:6: error: tls must be a map of options (name: value)\n");
  EXPECT_EQ(fault("tls: { verify: maybe }"), "options:2:16: error: tls.verify: \"maybe\" is neither true nor false\n");
  EXPECT_EQ(fault("subscribe: { qos: 1 }"),
            "options:2:1: error: missing option \"topic\" in subscribe: Topic filter.\n");
  EXPECT_EQ(fault("subscribe: []"),
            "options:2:12: error: subscribe is an empty list; write at least one value or remove the option\n");
  EXPECT_EQ(fault("tags: { a: b }"),
            "options:2:7: error: tags takes a single value, not a map; a text with { at its beginning needs quotes\n");
  EXPECT_EQ(fault("folder:"),
            "options:2:1: error: folder has no value; write one (in quotes if it begins with # & * "
            "or {) or remove the line\n");
  EXPECT_EQ(fault("token: a\npassword: b"), "options:2:1: error: token: excludes a password\n");
  EXPECT_EQ(
      fault("token_file: none"),
      "options:2:13: error: token_file: \"none\" cannot be read: No such file or directory; check the path and who "
      "may read it\n");
}

TEST(OptionTable, ASecretComesFromAFileAndIsReadAgain) {
  const std::filesystem::path file = testing::TempDir() + "option_table_secret";
  std::ofstream(file) << "first\n";
  auto read = table().parse_text("broker: b\npassword_file: " + file.string());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->password.value().reveal(), "first");
  EXPECT_FALSE(read->password.refresh());
  std::ofstream(file) << "second\n";
  EXPECT_TRUE(read->password.refresh());
  EXPECT_EQ(read->password.value().reveal(), "second");
  EXPECT_THAT(fault("password: x\npassword_file: " + file.string()),
              HasSubstr("both \"password\" and \"password_file\" at the top level; keep one of them"));
  std::filesystem::remove(file);
}

struct Shape {
  ConfigNode tree;
};
const OptionTableOf<Shape>& shape_table() {
  static const auto table = OptionTableOf<Shape>("A free form.")
                                .tree(
                                    "shape", &Shape::tree,
                                    [](const ConfigNode& node) -> std::variant<ConfigNode, TreeFault> {
                                      const ConfigEntry* no = node.find("no");
                                      if (no != nullptr) return TreeFault{no->at, "\"no\" is refused"};
                                      return node;
                                    },
                                    "a map", "Anything.");
  return table;
}

TEST(OptionTable, ATreeKeepsWhichScalarsWereQuoted) {
  const auto read = shape_table().parse_text("shape:\n  a: [ 80, \"80\", '' ]\n  b: null\n");
  ASSERT_TRUE(read) << read.error().message;
  const ConfigNode& tree = read->tree;
  ASSERT_EQ(tree.entries.size(), 2u);
  const auto& items = tree.entries[0].value.items;
  ASSERT_GE(items.size(), 3u);
  EXPECT_FALSE(items[0].quoted);
  EXPECT_TRUE(items[1].quoted);
  EXPECT_TRUE(items[2].quoted);
  EXPECT_EQ(tree.entries[1].value.kind, ConfigNode::Kind::null);
}

TEST(OptionTable, ATreeThatItsReaderRefusesIsReportedAtItsPlace) {
  const auto read = shape_table().parse_text("shape:\n  a: 1\n  no: 2\n");
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("3:3: error: shape: \"no\" is refused"));
}

}  // namespace
}  // namespace tidegate
