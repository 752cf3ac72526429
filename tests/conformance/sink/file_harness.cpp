#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>

#include "connectors/file/file.h"
#include "gateway/config/option_table.h"
#include "tests/conformance/sink/sink_harness.h"
#include "tests/support/files/temp_dir.h"

namespace tidegate::testing {
namespace {

class FileHarness final : public SinkHarness {
 public:
  FileHarness() {
    context_.name = "sink";
    context_.clock = &clock_;
  }

  std::unique_ptr<Sink> to_peer() override { return make(dir_.path()); }
  std::unique_ptr<Sink> to_nobody() override { return make(dir_ / "not-mounted"); }
  std::unique_ptr<Sink> to_silence(milliseconds) override { return nullptr; }
  std::unique_ptr<Sink> to_limbo() override { return nullptr; }
  std::vector<std::string> arrived() override {
    std::vector<std::string> ids;
    std::ifstream lines(dir_ / "all.ndjson");
    for (std::string line; std::getline(lines, line);) {
      constexpr std::string_view kBefore = R"("id":")";
      const std::size_t at = line.find(kBefore) + kBefore.size();
      ids.push_back(line.substr(at, line.find('"', at) - at));
    }
    return ids;
  }

 private:
  std::unique_ptr<Sink> make(const std::filesystem::path& folder) {
    auto options = parse_text(*file_sink_options(), fmt::format("{{ folder: {}, name: all }}", folder.string()));
    EXPECT_TRUE(options) << options.error().message;
    auto sink = make_file_sink(context_, *options);
    EXPECT_TRUE(sink) << sink.error().message;
    return *std::move(sink);
  }

  SystemClock clock_;
  ConnectorContext context_;
  test::TempDir dir_;
};

}  // namespace

std::unique_ptr<SinkHarness> make_file_harness() { return std::make_unique<FileHarness>(); }

}  // namespace tidegate::testing
