#include "provider.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "gateway/event/json_text.h"

namespace tidegate::auth::test {

namespace {

std::string percent_decoded(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%') {
      out += static_cast<char>(std::stoi(text.substr(at + 1, 2), nullptr, 16));
      at += 2;
    } else {
      out += text[at] == '+' ? ' ' : text[at];
    }
  }
  return out;
}

}  // namespace

std::map<std::string, std::string> form_of(const std::string& body) {
  std::map<std::string, std::string> fields;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t end = std::min(body.find('&', at), body.size());
    const std::string field = body.substr(at, end - at);
    const std::size_t equals = field.find('=');
    fields[percent_decoded(field.substr(0, equals))] = percent_decoded(field.substr(equals + 1));
    at = end + 1;
  }
  return fields;
}

std::string jwt_part(const std::string& token, int part) {
  std::size_t start = 0;
  for (; part > 0; --part) start = token.find('.', start) + 1;
  std::string text = token.substr(start, token.find('.', start) - start), out;
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  EXPECT_TRUE(append_from_base64(text, out)) << token;
  return out;
}

std::string http_date(WallTime time) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::time_point(time))));
}

Answer answer(unsigned status, std::string body) {
  Answer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

Provider::Provider(testing::ReceiverOptions options) {
  options.respond = [this](const ReceivedRequest& request) { return respond(request); };
  receiver_ = http::start_receiver(std::move(options));
}

void Provider::judge_token(std::function<Answer(const ReceivedRequest&)> judge) {
  const std::lock_guard lock(mutex_);
  judge_token_ = std::move(judge);
}

void Provider::judge_events(std::function<Answer(const ReceivedRequest&)> judge) {
  const std::lock_guard lock(mutex_);
  judge_events_ = std::move(judge);
}

void Provider::revoke() {
  const std::lock_guard lock(mutex_);
  revoked_ = true;
}

Answer Provider::grant(int lifetime_s) {
  const std::lock_guard lock(mutex_);
  revoked_ = false;
  return answer(200, fmt::format(R"({{"access_token":"token-{}","token_type":"Bearer","expires_in":{}}})", ++tokens_,
                                 lifetime_s));
}

Answer Provider::respond(const ReceivedRequest& request) {
  const bool token = request.target == "/token";
  std::function<Answer(const ReceivedRequest&)> judge;
  {
    const std::lock_guard lock(mutex_);
    seen_.push_back(request);
    judge = token ? judge_token_ : judge_events_;
  }
  if (judge) return judge(request);
  if (token) return grant();
  const std::lock_guard lock(mutex_);
  const auto given = request.headers.find("authorization");
  const bool good =
      !revoked_ && given != request.headers.end() && given->second == fmt::format("Bearer token-{}", tokens_);
  return answer(good ? 200 : 401, good ? "" : "who are you?");
}

std::vector<ReceivedRequest> Provider::requests(const std::string& target) const {
  const std::lock_guard lock(mutex_);
  std::vector<ReceivedRequest> found;
  std::ranges::copy_if(seen_, std::back_inserter(found), [&](const auto& seen) { return seen.target == target; });
  return found;
}

http::SinkUnderTest sink_to(const Provider& provider, const std::string& auth, const Clock* clock) {
  return http::SinkUnderTest("url: " + provider.url("/events") + "\nauth: { " + auth + " }", 500, clock);
}

void rewrite(const std::filesystem::path& file, std::string_view content) {
  std::ofstream(file, std::ios::binary) << content;
}

void expect_delivered(const Settled& settled) {
  ASSERT_EQ(settled.outcomes.size(), 1u);
  EXPECT_EQ(settled.outcomes[0].fate, Fate::delivered) << settled.outcomes[0].reason;
}

std::string expect_held(const Settled& settled, Cause cause) {
  EXPECT_EQ(settled.cause, cause);
  EXPECT_EQ(settled.outcomes.size(), 1u);
  EXPECT_EQ(settled.outcomes[0].fate, Fate::retry) << settled.outcomes[0].reason;
  return settled.outcomes[0].reason;
}

}  // namespace tidegate::auth::test
