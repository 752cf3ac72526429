#include "gateway/transform/jq/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "gateway/event/json_text.h"
#include "tests/unit/jq/answers.h"

namespace tidegate {
namespace {

using test::all_answers;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::unique_ptr<JqRunner> runner_of(const std::string& program, JqBounds bounds = {}) {
  auto runner = JqRunner::start(program, bounds);
  EXPECT_TRUE(runner) << runner.error().message;
  return runner ? *std::move(runner) : nullptr;
}

JqAnswer answer_to(const std::string& program, const std::string& input, JqBounds bounds = {}) {
  const auto runner = runner_of(program, bounds);
  if (!runner) return {};
  std::vector<JqAnswer> answers = all_answers(*runner, {input});
  return answers.empty() ? JqAnswer{} : answers.front();
}

std::string refusal_of(const std::string& program) {
  const auto runner = JqRunner::start(program);
  if (runner) return "";
  EXPECT_EQ(runner.error().code, ErrorCode::invalid);
  return runner.error().message;
}

constexpr const char* kReading = R"({"id":"7","data":{"value":21.5,"big":9007199254740991,"name":"Käse \"x\""}})";

TEST(JqRunner, AnOutputIsTheNewPayload) {
  EXPECT_THAT(answer_to("{id, v: .data.value}", kReading).outputs, ElementsAre(R"({"id":"7","v":21.5})"));
}

TEST(JqRunner, WhatIsPassedThroughIsTheSame) { EXPECT_THAT(answer_to(".", kReading).outputs, ElementsAre(kReading)); }

TEST(JqRunner, EveryKindOfJsonArrives) {
  const std::string input = R"({"a":[null,true,false,0,-1.5e-07,"",{}],"b":{"c":[[]]}})";
  EXPECT_THAT(answer_to(".", input).outputs, ElementsAre(input));
}

TEST(JqRunner, NumbersPastADoubleAreTheLargestDouble) {
  EXPECT_THAT(answer_to(".a", R"({"a":1e999})").outputs, ElementsAre("1.7976931348623157e+308"));
}

TEST(JqRunner, SeveralOutputsComeInTheirOrder) {
  EXPECT_THAT(answer_to(".data | .[]", R"({"data":[1,"two",{"three":3}]})").outputs,
              ElementsAre("1", R"("two")", R"({"three":3})"));
}

TEST(JqRunner, NoOutputIsNoFailure) {
  const JqAnswer answer = answer_to("empty", kReading);
  EXPECT_THAT(answer.outputs, IsEmpty());
  EXPECT_FALSE(answer.failure);
}

TEST(JqRunner, AnErrorIsTheFailureWithItsMessageAndNothingLeaves) {
  const JqAnswer answer = answer_to("1, error(\"no value for \" + .id)", kReading);
  EXPECT_EQ(answer.failure, "no value for 7");
  EXPECT_THAT(answer.outputs, IsEmpty());
  EXPECT_EQ(answer_to("error({code: 5})", kReading).failure, R"({"code":5})");
  EXPECT_EQ(answer_to(".data | .[0]", kReading).failure, "Cannot index object with number");
}

TEST(JqRunner, AMessageIsCutBetweenCharacters) {
  const JqAnswer answer = answer_to(R"(error("é" * 1000))", kReading);
  ASSERT_TRUE(answer.failure);
  EXPECT_THAT(*answer.failure, SizeIs(limits::kJqMessageBytesMax));
  EXPECT_TRUE(is_utf8(*answer.failure));
}

TEST(JqRunner, EventsAreAnsweredInTheirOrderByOneProcess) {
  const auto runner = runner_of(".n");
  ASSERT_TRUE(runner);
  std::vector<std::string> inputs;
  for (int i = 0; i < 20'000; ++i) inputs.push_back(R"({"n":)" + std::to_string(i) + "}");
  const std::vector<JqAnswer> answers = all_answers(*runner, inputs);
  ASSERT_THAT(answers, SizeIs(inputs.size()));
  for (std::size_t i = 0; i < answers.size(); ++i) ASSERT_THAT(answers[i].outputs, ElementsAre(std::to_string(i)));
  EXPECT_EQ(runner->starts(), 1u);
}

TEST(JqRunner, TheLargestEventsGoBothWays) {
  const std::string large = "\"" + std::string(limits::kJqOutputBytesMax - 2, 'x') + "\"";
  const auto runner = runner_of(".data");
  ASSERT_TRUE(runner);
  const std::vector<std::string> inputs(3, R"({"data":)" + large + "}");
  for (const JqAnswer& answer : all_answers(*runner, inputs)) {
    ASSERT_THAT(answer.outputs, SizeIs(1)) << answer.failure.value_or("");
    EXPECT_EQ(answer.outputs.front(), large);
  }
}

TEST(JqRunner, NoStateGoesFromEventToEvent) {
  const auto runner = runner_of("[.n, ([limit(1; inputs)] | length), (try input catch .)]");
  ASSERT_TRUE(runner);
  const auto answers = all_answers(*runner, {R"({"n":1})", R"({"n":2})"});
  ASSERT_THAT(answers, SizeIs(2));
  EXPECT_THAT(answers[0].outputs, ElementsAre(R"([1,0,"break"])"));
  EXPECT_THAT(answers[1].outputs, ElementsAre(R"([2,0,"break"])"));
}

TEST(JqRunner, HaltEndsTheProgramForTheEventOnly) {
  const auto runner = runner_of("if .n == 1 then 1, halt, 2 elif .n == 2 then (\"stop\" | halt_error) else .n end");
  ASSERT_TRUE(runner);
  const auto answers = all_answers(*runner, {R"({"n":1})", R"({"n":2})", R"({"n":3})"});
  ASSERT_THAT(answers, SizeIs(3));
  EXPECT_THAT(answers[0].outputs, ElementsAre("1"));
  EXPECT_EQ(answers[1].failure, "stop");
  EXPECT_THAT(answers[2].outputs, ElementsAre("3"));
  EXPECT_EQ(runner->starts(), 1u);
}

// What a wrong program is told.

TEST(JqRunner, AProgramThatIsNoneIsRefusedWithJqsMessage) {
  EXPECT_EQ(refusal_of("{id: }"), "syntax error, unexpected '}' at <top-level>, line 1");
  EXPECT_EQ(refusal_of(".\n| nothing"), "nothing/0 is not defined at <top-level>, line 2");
  EXPECT_THAT(refusal_of("$x"), HasSubstr("$x is not defined"));
}

TEST(JqRunner, AProgramThatIsTooLongOrHasANulIsRefused) {
  EXPECT_THAT(refusal_of(std::string(limits::kJqProgramBytesMax + 1, ' ')), HasSubstr("longer than 65536 bytes"));
  EXPECT_THAT(refusal_of(std::string(".\0.", 3)), HasSubstr("NUL"));
}

TEST(JqRunner, AProgramThatBreaksTheCompilerIsRefused) {
  EXPECT_NE(refusal_of(std::string(60'000, '(')), "");
  EXPECT_NE(refusal_of(std::string(60'000, '[')), "");
}

TEST(JqRunner, WithoutAProgramForTheProcessThereIsAnError) {
  const auto runner = JqRunner::start(".", {}, "/nonexistent/tidegate");
  ASSERT_FALSE(runner);
  EXPECT_EQ(runner.error().code, ErrorCode::unavailable);
}

// What a program does not get.

TEST(JqRunner, ModulesAreRefused) {
  for (const char* program : {R"(import "/etc/passwd" as $p; $p)", R"(import "a" as a {search: "/tmp"}; .)",
                              R"(include "x"; .)", R"(import "passwd" as $p {search: "/etc"}; $p)"})
    EXPECT_THAT(refusal_of(program), HasSubstr("a program here has no files to import")) << program;
}

TEST(JqRunner, TheEnvironmentIsEmpty) {
  ASSERT_NE(getenv("PATH"), nullptr);
  EXPECT_THAT(answer_to("[$ENV, env]", kReading).outputs, ElementsAre("[{},{}]"));
}

TEST(JqRunner, WordsAboutFilesSayNothing) {
  EXPECT_THAT(
      answer_to("[input_filename, ([\"a\"] | debug | stderr), (0 | todate), (0 | localtime | mktime)]", kReading)
          .outputs,
      ElementsAre(R"([null,["a"],"1970-01-01T00:00:00Z",0])"));
}

/// The numbers of /proc/PID/limits: soft and hard, as they are written.
std::string limit_line(pid_t pid, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/limits");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(name)) return line.substr(name.size());
  return "";
}

TEST(JqRunner, TheProcessHasNoFilesAndBoundedMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need the memory and the files";
#endif
  const auto runner = runner_of(".");
  ASSERT_TRUE(runner);
  const std::string process = "/proc/" + std::to_string(runner->pid());
  EXPECT_THAT(limit_line(runner->pid(), "Max open files"), HasSubstr(" 0  "));
  EXPECT_THAT(limit_line(runner->pid(), "Max file size"), HasSubstr(" 0  "));
  EXPECT_THAT(limit_line(runner->pid(), "Max data size"), HasSubstr(std::to_string(limits::kJqMemoryBytes)));
  std::ifstream status(process + "/status");
  const std::string text(std::istreambuf_iterator<char>(status), {});
  EXPECT_THAT(text, HasSubstr("Seccomp:\t2"));
  EXPECT_THAT(text, HasSubstr("NoNewPrivs:\t1"));
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(process + "/fd")) ++files;
  EXPECT_EQ(files, 3u) << "the socket, and /dev/null twice";
  EXPECT_EQ(std::filesystem::read_symlink(process + "/cwd"), "/");
}

}  // namespace
}  // namespace tidegate
