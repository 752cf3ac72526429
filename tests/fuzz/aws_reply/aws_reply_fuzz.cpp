#include "aws_reply_fuzz.h"

#include <algorithm>
#include <string>

#include "connectors/auth/aws_credentials.h"
#include "connectors/auth/aws_profile.h"
#include "connectors/auth/limits.h"
#include "connectors/auth/program.h"
#include "gateway/base/utf8.h"
#include "gateway/event/json_text.h"
#include "tests/fuzz/require.h"

namespace tidegate {
namespace {

using test::require;

void require_reason(const Error& error) {
  require(!error.message.empty(), "a refusal has a reason");
  require(is_utf8(error.message), "a reason is UTF-8");
  require(std::ranges::none_of(error.message, [](char c) { return c >= 0 && c < ' '; }), "a reason is one line");
  require(error.message.size() <= 2 * limits::kTokenErrorBytesMax + 100, "a reason is short");
}

void require_keys(const Result<auth::AwsCredentials>& read) {
  if (!read) return require_reason(read.error());
  require(bool(auth::check_keys(read->keys)), "keys are fit for headers");
}

void follow_profiles(std::string_view bytes) {
  for (const bool is_config : {false, true}) {
    auth::AwsProfiles profiles;
    if (const Status added = profiles.add(bytes, is_config); !added) {
      require_reason(added.error());
      continue;
    }
    for (const char* name : {"default", "a", "b"}) {
      const auto plan = auth::plan_profile(profiles, name);
      require(plan || !plan.error().message.empty(), "a refusal has a reason");
      require(!plan || plan->roles.size() <= limits::kProfileChainMax, "the way has an end");
    }
  }
}

}  // namespace

void read_any_answer(std::string_view bytes) {
  require_keys(auth::read_metadata_reply(bytes));
  require_keys(auth::read_process_output(bytes));
  require_keys(auth::read_iot_reply(bytes));
  require_keys(auth::read_sts_reply(bytes));
  require_reason(auth::provider_refusal(403, bytes));
  follow_profiles(bytes);
  const auto words = auth::split_command(bytes);
  require(words ? !words->empty() : !words.error().message.empty(), "words or a reason");
}

}  // namespace tidegate
