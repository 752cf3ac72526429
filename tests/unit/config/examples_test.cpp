#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "gateway/config/config.h"
#include "gateway/config/sections.h"
#include "gateway/trial/case_file.h"
#include "gateway/trial/trial_run.h"
#include "tests/support/files/temp_dir.h"

namespace tidegate {
namespace {

namespace fs = std::filesystem;

std::string file_text(const fs::path& path) {
  std::ifstream file(path);
  EXPECT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// A folder that holds every file which the examples name by a relative path.
class SiteFolder {
 public:
  SiteFolder() {
    for (const char* name :
         {"tls/plant-ca.pem", "tls/plant-7.pem", "tls/plant-7.key", "tls/cloud-plant-7.pem", "tls/cloud-plant-7.key",
          "secrets/cloud-token", "secrets/hq-password", "secrets/kafka-password", "secrets/cloud-key",
          "secrets/shore-token", "secrets/entra-client-secret", "demo-ca.pem", "tls/device.pem", "tls/device.key"}) {
      fs::create_directories((path() / name).parent_path());
      std::ofstream(path() / name) << "for tests";
    }
    // What signs is looked into when the config is read.
    std::ofstream(path() / "secrets/event-grid-key") << "c2l4dGVlbiBieXRlcyEh\n";
    std::ofstream(path() / "secrets/webhook-secrets") << "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\n";
    // Of mosquitto_passwd: what a file of users holds is checked when the config is.
    std::ofstream(path() / "secrets/devices")
        << "pump-7:$7$101$Bi+P/"
           "4C6RBnXujxv$hC9dqVSfMOtvjBqweMAoDeF6rdMVihQq+qACLGjL5JDkP+db95a7CPFPTdmwyiLuce5T6usJFfh6N"
           "LrM9z0yWQ==\n";
  }
  [[nodiscard]] const fs::path& path() const { return dir_.path(); }

 private:
  test::TempDir dir_;  ///< of its own: tests run side by side
};

/// The examples as they would lie at a site.
LoadedConfig load_example(const fs::path& file, const SiteFolder& site) {
  const auto environment = [&](const std::string& name) -> std::optional<std::string> {
    if (name == "TIDEGATE_DEMO_CA") return (site.path() / "demo-ca.pem").string();
    if (name.starts_with("TIDEGATE_DEMO_")) return std::nullopt;
    return "7";
  };
  return load_config_text(file_text(file), site.path() / file.filename(), connector_types(), environment);
}

bool is_case_file(const fs::path& file) { return file.filename().string().ends_with(".test.yaml"); }

TEST(Examples, EveryExampleLoadsWithoutAWarning) {
  const SiteFolder site;
  int loaded_count = 0;
  for (const auto& file : fs::directory_iterator(TIDEGATE_CONFIG_FOLDER)) {
    if (file.path().extension() != ".yaml" || is_case_file(file)) continue;
    const LoadedConfig loaded = load_example(file.path(), site);
    EXPECT_TRUE(loaded.config) << file.path();
    EXPECT_EQ(loaded.diagnostics.text(), "") << file.path();
    ++loaded_count;
  }
  EXPECT_GE(loaded_count, 6);
}

TEST(Examples, EveryExampleDoesWhatItsCasesSay) {
  const SiteFolder site;
  int case_count = 0;
  for (const auto& file : fs::directory_iterator(TIDEGATE_CONFIG_FOLDER)) {
    if (file.path().extension() != ".yaml" || is_case_file(file)) continue;
    const fs::path beside = cases_beside(file.path());
    if (!fs::exists(beside)) continue;
    const LoadedConfig loaded = load_example(file.path(), site);
    ASSERT_TRUE(loaded.config) << file.path();
    const LoadedCases cases = load_cases(beside, *loaded.config);
    ASSERT_EQ(cases.diagnostics.text(), "");
    for (const TestCase& test : *cases.cases) {
      EXPECT_TRUE(run_case(*loaded.config, test).passed()) << beside << ": " << test.name;
      ++case_count;
    }
  }
  EXPECT_GE(case_count, 5);
}

TEST(Examples, ASinksOwnDefaultsOfDeliveryHoldUnlessTheConfigSaysOtherwise) {
  const SiteFolder site;
  std::string text = file_text(fs::path(TIDEGATE_CONFIG_FOLDER) / "s3-archive.yaml");
  const auto deliveries = [&] {
    const auto environment = [](const std::string&) { return std::optional<std::string>("7"); };
    const LoadedConfig loaded = load_config_text(text, site.path() / "s3-archive.yaml", connector_types(), environment);
    std::map<std::string, DeliveryOptions> all;
    if (loaded.config) {
      for (const SinkConfig& sink : loaded.config->sinks) all[sink.name] = sink.delivery;
    }
    return all;
  };
  auto all = deliveries();
  EXPECT_EQ(all["grid"].batch.max_wait, DeliveryOptions{}.batch.max_wait);
  EXPECT_EQ(all["archive"].batch.max_wait, std::chrono::seconds{60});
  EXPECT_EQ(all["archive"].in_flight, 2u);
  const std::string class_line = "    storage_class: STANDARD_IA\n";
  text.insert(text.find(class_line), "    batch: { max_wait: 1s }\n");
  all = deliveries();
  EXPECT_EQ(all["archive"].batch.max_wait, std::chrono::seconds{1});
  EXPECT_EQ(all["archive"].batch.max_events, 1'000'000u) << "what is not said stays";
}

TEST(Documents, SchemaAndReferenceAreWhatTheProgramGenerates) {
  EXPECT_EQ(file_text(fs::path(TIDEGATE_CONFIG_FOLDER) / "tidegate.schema.json"), json_schema(connector_types()))
      << "run: build/release/config_docs config";
  EXPECT_EQ(file_text(fs::path(TIDEGATE_CONFIG_FOLDER) / "REFERENCE.md"), reference(connector_types()))
      << "run: build/release/config_docs config";
}

TEST(Connectors, NoSinkHasAnOptionThatDeliveryHasToo) {
  std::set<std::string> taken{"type"};
  for (const OptionDoc& option : delivery_options().options()) taken.insert(option.name);
  for (const ConnectorType& type : connector_types()) {
    if (type.sink_options == nullptr) continue;
    for (const OptionDoc& option : type.sink_options()->options()) {
      EXPECT_FALSE(taken.contains(option.name)) << type.name << " " << option.name;
    }
  }
}

}  // namespace
}  // namespace tidegate
