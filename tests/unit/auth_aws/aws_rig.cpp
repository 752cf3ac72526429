#include "tests/unit/auth_aws/aws_rig.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/event/rfc3339.h"

namespace tidegate::auth {

namespace {

constexpr std::chrono::seconds kPatience{30};

/// As in a Date header (RFC 9110, section 5.6.7).
std::string http_date(WallTime time) {
  const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  return {text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts)};
}

}  // namespace

testing::Answer answer_of(unsigned status, std::string body) {
  testing::Answer answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

void IdService::write(http::Events events, http::Request& request, http::Written& /*written*/) {
  request.url = url_;
  request.headers.add("Content-Type", "text/plain");
  for (const OutEvent* event : events) request.body += event->event.id;
}

void AwsRig::SetUp() {
  testing::ReceiverOptions options;
  options.respond = [this](const testing::ReceivedRequest& request) { return respond(request); };
  auto started = testing::Receiver::start(std::move(options));
  ASSERT_TRUE(started) << started.error().message;
  cloud_ = *std::move(started);
}

void AwsRig::TearDown() {
  sink_.reset();
  if (cloud_) cloud_->stop();
}

void AwsRig::open(std::string yaml) {
  for (std::size_t at = 0; (at = yaml.find("{url}")) != std::string::npos;) yaml.replace(at, 5, cloud_->url(""));
  const auto options = aws_credentials_table().parse_text(yaml);
  ASSERT_TRUE(options) << options.error().message;
  http::ConnectionOptions connection;
  connection.timeout.total = kPatience;
  auto auth = AwsAuth::create(
      SigV4Scope::of("eu-central-1", "sqs"), *options, connection,
      [this](const std::string& name) -> std::optional<std::string> {
        const auto found = environment_.find(name);
        return found == environment_.end() ? std::nullopt : std::optional(found->second);
      },
      AwsAuth::Refusals::to_be_told);
  ASSERT_TRUE(auth) << auth.error().message;
  context_.clock = &clock_;
  auto made = http::HttpSink::create(context_, connection, std::make_unique<IdService>(cloud_->url("/service")),
                                     *std::move(auth));
  ASSERT_TRUE(made) << made.error().message;
  sink_ = *std::move(made);
}

Settled AwsRig::send() {
  OutEvent event;
  event.event.id = "id-1";
  Batch batch;
  batch.id = BatchId{1};
  batch.events = {&event};
  sink_->submit(std::move(batch));
  const SystemClock real;
  const SteadyTime until = real.steady() + kPatience;
  while (real.steady() < until) {
    auto ended = sink_->wait({clock_.steady() + std::chrono::seconds{1}}, {});
    if (!ended.empty()) return std::move(ended.front());
  }
  ADD_FAILURE() << "nothing became of the event";
  return {{}, {Outcome{}}, Cause::none, std::nullopt};
}

std::string AwsRig::words(const Settled& settled) {
  const Outcome& outcome = settled.outcomes.front();
  if (outcome.fate == Fate::delivered) return "delivered";
  const std::string_view cause = settled.cause == Cause::unauthorized ? "unauthorized: "
                                 : settled.cause == Cause::peer_down  ? "peer down: "
                                                                      : "";
  return std::string(cause) + outcome.reason;
}

void AwsRig::answer(const std::string& target, const std::string& body, unsigned status) {
  const std::lock_guard lock(mutex_);
  answers_[target] = answer_of(status, body);
}

testing::ReceivedRequest AwsRig::last(const std::string& target) const {
  const auto all = cloud_->requests();
  const auto found = std::find_if(all.rbegin(), all.rend(), [&](const auto& one) { return one.target == target; });
  return found == all.rend() ? testing::ReceivedRequest{} : *found;
}

std::size_t AwsRig::requests_to(const std::string& target) const {
  const auto all = cloud_->requests();
  return static_cast<std::size_t>(std::ranges::count(all, target, &testing::ReceivedRequest::target));
}

std::string AwsRig::keys_used() const {
  auto request = last("/service");
  const std::string& authorization = request.headers["authorization"];
  const std::size_t from = authorization.find("Credential=") + 11;
  const std::string token = request.headers["x-amz-security-token"];
  return authorization.substr(from, authorization.find('/', from) - from) + (token.empty() ? "" : " " + token);
}

std::string AwsRig::expiration(milliseconds from_now) const { return format_utc(clock_.true_wall() + from_now); }

std::string AwsRig::document(const std::string& id, milliseconds life) const {
  return fmt::format(
      R"({{"Code":"Success","AccessKeyId":"{}","SecretAccessKey":"wJalr","Token":"t-{}","Expiration":"{}"}})", id, id,
      expiration(life));
}

std::string AwsRig::role_document(const std::string& id, milliseconds life) const {
  return fmt::format(
      "<R><Credentials><AccessKeyId>{}</AccessKeyId><SecretAccessKey>wJalr</SecretAccessKey><SessionToken>t-{}"
      "</SessionToken><Expiration>{}</Expiration></Credentials></R>",
      id, id, expiration(life));
}

void AwsRig::serve_instance(const std::string& id, milliseconds life) {
  answer("/latest/api/token", "session");
  answer("/latest/meta-data/iam/security-credentials/", "gate way\n");
  answer("/latest/meta-data/iam/security-credentials/gate%20way", document(id, life));
}

bool AwsRig::is_late(const testing::ReceivedRequest& request) const {
  const auto date = request.headers.find("x-amz-date");
  if (date == request.headers.end()) return false;
  std::string text = date->second;  // 20150830T123600Z
  for (const std::size_t at : {13u, 11u}) text.insert(at, ":");
  for (const std::size_t at : {6u, 4u}) text.insert(at, "-");
  const auto time = parse_rfc3339(text);
  return !time || std::chrono::abs(*time - clock_.true_wall()) > std::chrono::minutes{5};
}

testing::Answer AwsRig::respond(const testing::ReceivedRequest& request) {
  testing::Answer made = answer_of(404, "");
  if (checks_time_ && is_late(request)) {
    made = answer_of(403, "<Error><Code>RequestExpired</Code></Error>");
  } else if (request.target == "/service") {
    made = service_ ? service_(request) : answer_of(200, "");
  } else {
    const std::lock_guard lock(mutex_);
    const auto found = answers_.find(request.target);
    if (found != answers_.end()) made = found->second;
  }
  made.headers.emplace_back("Date", http_date(clock_.true_wall()));
  return made;
}

}  // namespace tidegate::auth
