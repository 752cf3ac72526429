#include <fmt/format.h>

#include <filesystem>

#include "connectors/directory/directory.h"
#include "gateway/config/option_table.h"
#include "tests/conformance/source/source_harness.h"
#include "tests/support/process/process.h"

namespace tidegate::test {

namespace {

namespace fs = std::filesystem;

/// The peer is a folder; an event is a file, and moving it away is the acknowledgement.
class DirectoryHarness final : public SourceHarness {
 public:
  DirectoryHarness() { fs::create_directory(drop()); }

  std::unique_ptr<Source> make(const ConnectorContext& context) override {
    health_ = context.health;
    component_ = "source " + context.name;
    const auto options =
        parse_text(*directory_source_options(),
                   "path: " + drop().string() + "\nformat: whole_file\nready: rename\nrescan: 100ms\n");
    auto source = make_directory_source(context, *options);
    return std::move(*source);
  }
  bool ready() override { return is_ok(*health_, component_); }
  void offer(const std::string& payload) override {
    const fs::path name = drop() / fmt::format("{:06}", next_++);
    write_file(name.string() + ".tmp", payload);
    fs::rename(name.string() + ".tmp", name);
  }
  std::size_t acknowledged() override { return files_in("done") + files_in("failed"); }
  void interrupt() override {
    turn_away(true);
    turn_away(false);
  }
  void turn_away(bool away) override {
    if (away)
      fs::rename(drop(), dir_ / "away");
    else
      fs::rename(dir_ / "away", drop());
  }
  void fall_silent() override {}

 private:
  [[nodiscard]] fs::path drop() const { return dir_ / "drop"; }
  [[nodiscard]] std::size_t files_in(const char* folder) const {
    std::error_code error;
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(drop() / folder, error)) {
      const std::string name = entry.path().filename();
      if (!name.starts_with('.') && !name.ends_with(".reason")) ++count;
    }
    return count;
  }

  TempDir dir_;
  Health* health_ = nullptr;
  std::string component_;
  int next_ = 0;
};

}  // namespace

std::unique_ptr<SourceHarness> make_directory_source_harness() { return std::make_unique<DirectoryHarness>(); }

}  // namespace tidegate::test
