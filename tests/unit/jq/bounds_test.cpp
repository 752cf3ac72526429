#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "gateway/transform/jq/runner.h"
#include "tests/unit/jq/answers.h"

namespace tidegate {
namespace {

using test::all_answers;
using testing::AnyOf;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

/// Bounds that a wild program reaches soon.
constexpr JqBounds kTight{milliseconds{100}, 64u << 20, 100, 1u << 20};

constexpr const char* kOutOfTime = "the program took longer than 100 ms";
constexpr const char* kOutOfMemory = "the program needed more than 64 MiB of memory";

/// `wild` runs for the event in the middle only: what it fails with. The others must come through.
std::string failure_between(const std::string& wild, std::size_t starts) {
  auto runner = JqRunner::start("if .wild then " + wild + " else .n end", kTight);
  if (!runner) {
    ADD_FAILURE() << runner.error().message;
    return "";
  }
  std::vector<std::string> inputs;
  for (int n = 0; n < 50; ++n) inputs.push_back(R"({"n":)" + std::to_string(n) + (n == 25 ? R"(,"wild":true})" : "}"));
  const std::vector<JqAnswer> answers = all_answers(**runner, inputs);
  EXPECT_THAT(answers, SizeIs(inputs.size()));
  for (std::size_t n = 0; n < answers.size(); ++n) {
    if (n == 25) continue;
    EXPECT_THAT(answers[n].outputs, ElementsAre(std::to_string(n))) << answers[n].failure.value_or("");
  }
  EXPECT_EQ((*runner)->starts(), starts);
  if (answers.size() <= 25) return "";
  EXPECT_THAT(answers[25].outputs, IsEmpty());
  return answers[25].failure.value_or("no failure");
}

TEST(JqBounds, AProgramWithoutEndIsEndedAndTheOtherEventsComeThrough) {
  EXPECT_EQ(failure_between("(def f: f; f)", 2), kOutOfTime);
  EXPECT_EQ(failure_between("last(repeat(1))", 2), kOutOfTime);
  EXPECT_EQ(failure_between("last(range(1e18))", 2), kOutOfTime);
}

TEST(JqBounds, AProgramThatTakesAllMemoryIsEndedAndTheOtherEventsComeThrough) {
  if (kSanitized) GTEST_SKIP() << "sanitizers need the memory";
  for (const char* wild : {"[range(1e12)]", "(\"x\" * 1e9)", "[limit(1e9; repeat(1))]", "(def f: [f]; f)",
                           "(\"xxxxxxxx\" | until(false; . + .))", "([range(1e6)] | tojson * 100)"})
    EXPECT_THAT(failure_between(wild, 2), AnyOf(kOutOfMemory, kOutOfTime)) << wild;
}

TEST(JqBounds, AProgramThatCrashesLibjqIsEndedAndTheOtherEventsComeThrough) {
  if (kSanitized) GTEST_SKIP() << "sanitizers answer for themselves";
  EXPECT_EQ(failure_between("(1e18 | strftime(\"%Y\"))", 2), "the program crashed");
}

TEST(JqBounds, DeepValuesThatLibjqBearsAreFine) {
  auto runner = JqRunner::start("reduce range(500) as $i (0; [.]) | [.. | numbers]", kTight);
  ASSERT_TRUE(runner);
  EXPECT_THAT(all_answers(**runner, {"{}"}).front().outputs, ElementsAre("[0]"));
}

TEST(JqBounds, ValuesThatAreTooDeepToBeWrittenAreAFailure) {
  EXPECT_EQ(failure_between("reduce range(300) as $i (0; [.])", 1), "the program made a value that is nested too deep");
}

TEST(JqBounds, OutputsAreCountedAndCostNoProcess) {
  EXPECT_EQ(failure_between("limit(1e9; repeat(1))", 1), "the program made more than 100 events of one");
  EXPECT_EQ(failure_between("range(101)", 1), "the program made more than 100 events of one");
  auto runner = JqRunner::start("range(100)", kTight);
  ASSERT_TRUE(runner);
  EXPECT_THAT(all_answers(**runner, {"{}"}).front().outputs, SizeIs(100));
}

TEST(JqBounds, BytesOfOutputsAreCountedAndCostNoProcess) {
  EXPECT_EQ(failure_between("(\"x\" * 1048575)", 1), "the program made more than 1048576 bytes of one event");
  EXPECT_EQ(failure_between("(range(3) | \"x\" * 400000)", 1), "the program made more than 1048576 bytes of one event");
  auto runner = JqRunner::start("\"x\" * 1048574", kTight);
  ASSERT_TRUE(runner);
  EXPECT_THAT(all_answers(**runner, {"{}"}).front().outputs, ElementsAre(SizeIs(1048576)));
}

TEST(JqBounds, AnswersThatAreTooLargeTogetherComeInSeveralRuns) {
  const std::string large = "\"" + std::string(100'000, 'x') + "\"";
  auto runner = JqRunner::start(".data as $text | [range(10) | $text]", kTight);
  ASSERT_TRUE(runner);
  const std::vector<std::string> inputs(60, R"({"data":)" + large + "}");
  const auto answers = (*runner)->run(inputs);
  ASSERT_TRUE(answers);
  EXPECT_THAT(*answers, SizeIs(testing::Le(20u)));
  EXPECT_THAT(all_answers(**runner, inputs), SizeIs(60));
}

TEST(JqBounds, BadBytesAreAFailureOfTheEvent) {
  auto runner = JqRunner::start(".", kTight);
  ASSERT_TRUE(runner);
  const std::vector<std::string> inputs{"{\"a\":1}", std::string("{\"a\0\":1", 7), "", "{\"a\":\"\xff\xc0\"}",
                                        "{\"a\":2}"};
  const auto answers = all_answers(**runner, inputs);
  ASSERT_THAT(answers, SizeIs(5));
  EXPECT_THAT(answers[0].outputs, ElementsAre("{\"a\":1}"));
  EXPECT_TRUE(answers[1].failure);
  EXPECT_TRUE(answers[2].failure);
  EXPECT_THAT(answers[3].outputs, ElementsAre("{\"a\":\"\xef\xbf\xbd\xef\xbf\xbd\"}"));
  EXPECT_THAT(answers[4].outputs, ElementsAre("{\"a\":2}"));
  EXPECT_EQ((*runner)->starts(), 1u);
}

TEST(JqBounds, AProcessThatIsKilledLosesNothing) {
  auto runner = JqRunner::start(".n", kTight);
  ASSERT_TRUE(runner);
  std::vector<std::string> inputs;
  for (int n = 0; n < 100; ++n) inputs.push_back(R"({"n":)" + std::to_string(n) + "}");
  for (std::size_t starts = 2; starts < 5; ++starts) {
    kill((*runner)->pid(), SIGKILL);
    const auto answers = all_answers(**runner, inputs);
    ASSERT_THAT(answers, SizeIs(100));
    for (std::size_t n = 0; n < answers.size(); ++n) ASSERT_THAT(answers[n].outputs, ElementsAre(std::to_string(n)));
    EXPECT_EQ((*runner)->starts(), starts);
  }
}

TEST(JqBounds, SignalsThatAreMeantForTheGatewayPassTheProcessBy) {
  auto runner = JqRunner::start(".", kTight);
  ASSERT_TRUE(runner);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) kill((*runner)->pid(), signal);
  EXPECT_THAT(all_answers(**runner, {"{}"}).front().outputs, ElementsAre("{}"));
  EXPECT_EQ((*runner)->starts(), 1u);
}

TEST(JqBounds, TheProcessIsGoneWithItsRunner) {
  auto runner = JqRunner::start(".", kTight);
  ASSERT_TRUE(runner);
  const pid_t pid = (*runner)->pid();
  ASSERT_EQ(kill(pid, 0), 0);
  runner->reset();
  EXPECT_EQ(kill(pid, 0), -1);
}

}  // namespace
}  // namespace tidegate
