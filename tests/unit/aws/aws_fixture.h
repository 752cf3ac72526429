#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "connectors/connector.h"
#include "connectors/http/service.h"
#include "gateway/config/option_table.h"

/// What the tests of the AWS services have in common: options from YAML, events, requests without a network.
namespace tidegate::aws {

template <class Options>
Options options_of(const OptionTableOf<Options>& table, const std::string& yaml) {
  auto parsed = parse_text(table, yaml);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return parsed ? std::any_cast<Options>(*parsed) : Options{};
}

/// What is wrong with the options; empty: nothing.
inline std::string fault_in(const OptionTable& table, const std::string& yaml) {
  auto parsed = parse_text(table, yaml);
  return parsed ? std::string() : parsed.error().message;
}

inline OutEvent event_of(std::string id, std::string data = R"({"value":7})", std::string subject = "site/a") {
  OutEvent out;
  out.event.id = std::move(id);
  out.event.source = "/gw/floor";
  out.event.type = "tidegate.mqtt.message";
  out.event.subject = std::move(subject);
  out.event.time = WallTime{milliseconds{1'760'000'000'250}};
  out.event.data = std::move(data);
  out.captures = {{"site", "a"}};
  return out;
}

/// A request as a service wrote it.
struct Wrote {
  http::Request request;
  http::Written written;
  [[nodiscard]] nlohmann::json json() const { return nlohmann::json::parse(request.body); }
  [[nodiscard]] std::string header(std::string_view name) const {
    for (std::size_t i = 0; i < request.headers.size(); ++i) {
      if (http::same_header(request.headers.at(i).first, name)) return std::string(request.headers.at(i).second);
    }
    return {};
  }
};

inline Wrote write(http::Service& service, const std::vector<OutEvent>& events) {
  std::vector<const OutEvent*> batch;
  batch.reserve(events.size());
  for (const OutEvent& event : events) batch.push_back(&event);
  Wrote wrote;
  service.write(batch, wrote.request, wrote.written);
  return wrote;
}

inline http::Reply reply_of(long status, std::string_view body) {
  http::Reply reply;
  reply.request_sent = true;
  reply.status = status;
  reply.body = body;
  return reply;
}

inline Settled judge(http::Service& service, const http::Reply& reply, std::size_t events) {
  const std::vector<OutEvent> all(events);
  std::vector<const OutEvent*> batch;
  batch.reserve(events);
  for (const OutEvent& event : all) batch.push_back(&event);
  return service.judge(reply, batch, WallTime{});
}

inline std::vector<Fate> fates_of(const Settled& settled) {
  std::vector<Fate> fates;
  for (const Outcome& outcome : settled.outcomes) fates.push_back(outcome.fate);
  return fates;
}

/// What a service's probe makes of an answer: empty when all is well.
inline std::string probe(http::Service& service, long status, std::string_view body) {
  const Status judged = service.judge_probe(reply_of(status, body), WallTime{});
  return judged ? std::string() : judged.error().message;
}

}  // namespace tidegate::aws
