#include "connectors/auth/program.h"

#include <gtest/gtest.h>

#include <csignal>

#include "connectors/auth/limits.h"
#include "tests/support/files/temp_dir.h"
#include "tests/support/process/process.h"

namespace tidegate::auth {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

Words words_of(std::string_view command) {
  const auto words = split_command(command);
  return words ? *words : Words{"fault: " + words.error().message};
}

TEST(CommandLine, IsSplitAsAShellWould) {
  EXPECT_EQ(words_of("  /opt/get  keys\t--a "), (Words{"/opt/get", "keys", "--a"}));
  EXPECT_EQ(words_of(R"("/opt/my tool" 'a "b' c\ d e"f"'g' "")"), (Words{"/opt/my tool", "a \"b", "c d", "efg", ""}));
  EXPECT_EQ(words_of(R"(a "b\"c\\d\e" 'f\g')"), (Words{"a", R"(b"c\d\e)", R"(f\g)"}));
  EXPECT_EQ(words_of("a;b $HOME `c` > d"), (Words{"a;b", "$HOME", "`c`", ">", "d"}));
}

TEST(CommandLine, WhatIsOpenIsAFault) {
  EXPECT_EQ(words_of("a 'b"), Words{"fault: has an open quote"});
  EXPECT_EQ(words_of("a \\"), Words{"fault: ends with a backslash"});
  EXPECT_EQ(words_of("  "), Words{"fault: is empty"});
}

std::string outcome_of(const Words& arguments, milliseconds limit = 20s) {
  const auto output = run_program(arguments, limit);
  return output ? *output : "fault: " + output.error().message;
}

TEST(Program, GivesWhatItPrints) { EXPECT_EQ(outcome_of({"/bin/sh", "-c", "cat; echo out; echo err >&2"}), "out\n"); }

TEST(Program, ThatFailsOrIsNotThereSaysSo) {
  EXPECT_EQ(outcome_of({"/bin/sh", "-c", "echo out; exit 3"}), "fault: ends with status 3");
  EXPECT_EQ(outcome_of({"/bin/sh", "-c", "kill -9 $$"}), "fault: ended by signal 9");
  EXPECT_EQ(outcome_of({"/nowhere/at/all"}), "fault: does not start: No such file or directory");
}

TEST(Program, ThatPrintsWithoutEndIsStopped) {
  EXPECT_EQ(outcome_of({"/bin/sh", "-c", "yes"}),
            "fault: prints more than " + std::to_string(limits::kProgramOutputBytesMax) + " bytes");
}

TEST(Program, ThatTakesTooLongIsKilledWithWhatItStarted) {
  const test::TempDir dir;
  const std::string pid_file = (dir.path() / "pid").string();
  EXPECT_EQ(outcome_of({"/bin/sh", "-c", "sleep 600 & echo $! > '" + pid_file + "'; wait"}, 500ms),
            "fault: takes too long");
  const pid_t child = std::atoi(test::read_file(pid_file).c_str());
  ASSERT_GT(child, 0);
  EXPECT_TRUE(test::wait_until(test::within(20s), [child] { return kill(child, 0) != 0; }));
}

TEST(Program, ThatClosesItsOutputAndGoesOnIsKilledToo) {
  EXPECT_EQ(outcome_of({"/bin/sh", "-c", "exec >&-; exec sleep 600"}, 500ms), "fault: takes too long");
}

}  // namespace
}  // namespace tidegate::auth
