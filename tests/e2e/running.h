#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/e2e/site.h"

namespace tidegate::e2e {

/// A command of the program that goes on until it is told to end, or has seen enough.
class Running {
 public:
  Running(const Site& site, std::vector<std::string> words)
      : output_(site.dir / "output"), errors_(site.dir / "errors") {
    words.insert(words.begin(), std::string(TIDEGATE_BIN_DIR) + "/tidegate");
    words.insert(words.end(), {"-c", site.gateway.config_path().string()});
    auto spawned = test::Process::spawn({.argv = std::move(words), .env = {}, .output = output_, .errors = errors_});
    EXPECT_TRUE(spawned) << spawned.error().message;
    if (spawned) process_ = *std::move(spawned);
  }
  [[nodiscard]] bool running() { return process_ && process_->running(); }
  void signal(int number) const { process_->signal(number); }
  std::optional<int> wait() { return process_->wait(test::within(kPatience)); }
  [[nodiscard]] std::string output() const { return test::read_file(output_); }
  [[nodiscard]] std::string errors() const { return test::read_file(errors_); }

 private:
  std::filesystem::path output_, errors_;
  std::optional<test::Process> process_;
};

}  // namespace tidegate::e2e
