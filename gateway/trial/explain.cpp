#include "gateway/trial/explain.h"

#include <fmt/format.h>

#include <algorithm>

#include "gateway/base/limits.h"
#include "gateway/event/json_text.h"
#include "gateway/event/rfc3339.h"

namespace tidegate {

namespace {

Error invalid(std::string message) { return {ErrorCode::invalid, std::move(message)}; }

bool is_string(std::string_view json) { return json.starts_with('"'); }

Status read_attributes(std::string_view json, Event& event) {
  JsonItems members(json);
  if (!members.is_object()) return invalid("attributes must be an object");
  while (members.next()) {
    const std::string_view value = members.value();
    if (value.starts_with('{') || value.starts_with('[') || value == "null") {
      return invalid("the value of an attribute must be a string, a number or a boolean");
    }
    event.attributes.emplace_back(json_string_content(members.key()),
                                  is_string(value) ? json_string_content(value) : std::string(value));
  }
  return {};
}

/// Reads a member whose value is a string. False: it is none of these.
bool read_text(const std::string& key, const std::string& text, Specimen& out) {
  if (key == "topic") {
    out.event.subject = text;
  } else if (key == "text") {
    out.event.data = text;
  } else if (key == "source") {
    out.source = text;
  } else if (key == "id") {
    out.event.id = text;
  } else if (key == "type") {
    out.event.type = text;
  } else if (key == "datacontenttype") {
    out.event.datacontenttype = text;
  } else {
    return false;
  }
  return true;
}

Status read_member(const std::string& key, std::string_view value, Specimen& out) {
  if (key == "data") {
    out.event.data = value;
    return {};
  }
  if (key == "attributes") return read_attributes(value, out.event);
  const std::string text = is_string(value) ? json_string_content(value) : "";
  if (key == "base64" && is_string(value)) {
    out.event.data.clear();
    return append_from_base64(text, out.event.data) ? Status() : invalid("base64 is none (RFC 4648, padded with =)");
  }
  if (key == "time" && is_string(value)) {
    const auto time = parse_rfc3339(text);
    if (!time) return invalid("time is not as in 2026-05-01T06:00:00Z");
    out.event.time = *time;
    return {};
  }
  if (is_string(value) && read_text(key, text, out)) return {};
  constexpr std::array<std::string_view, 7> kTexts = {"topic",           "text", "source", "id", "type",
                                                      "datacontenttype", "time"};
  if (std::ranges::find(kTexts, key) != kTexts.end() || key == "base64") return invalid(key + " must be a string");
  return invalid(
      fmt::format("unknown member {}; there are topic, data, text, base64, source, id, type, time, "
                  "datacontenttype and attributes",
                  quote(key)));
}

}  // namespace

Result<Specimen> read_specimen(std::string_view line) {
  Specimen out;
  if (!is_utf8(line)) return invalid("is not UTF-8");
  JsonItems members(line);
  if (!members.is_object()) return invalid("is no JSON object");
  int payloads = 0;
  while (members.next()) {
    const std::string key = json_string_content(members.key());
    payloads += key == "data" || key == "text" || key == "base64" ? 1 : 0;
    if (Status read = read_member(key, members.value(), out); !read) return std::move(read).error();
  }
  const bool ends = line.find_first_not_of(" \t\r\n", members.end()) == std::string_view::npos;
  if (members.failed() || !ends) return invalid(fmt::format("is no JSON: column {}", members.end() + 1));
  if (payloads > 1) return invalid("holds more than one of data, text and base64");
  if (!is_topic_name(out.event.subject)) return invalid("needs a topic: text without + and #");
  return out;
}

Explainer::Explainer(const Config& config)
    : config_(config), routes_(config), desk_(config), random_(entropy_seed()), ids_(random_) {
  shapers_.resize(config.routes.size());
  for (std::size_t i = 0; i < config.routes.size(); ++i) shapers_[i].resize(config.routes[i].to.size());
}

Result<const std::vector<Explainer::RouteVerdict>*> Explainer::explain(Specimen& specimen, Instant now) {
  Event& event = specimen.event;
  if (const Status fits = check_event(event); !fits) return fits.error();
  std::optional<std::size_t> source = routes_.source(specimen.source);
  if (!specimen.source.empty() && !source) {
    return invalid(fmt::format("the config has no source {}", quote(specimen.source)));
  }
  if (specimen.source.empty() && config_.sources.size() == 1) source = 0;
  if (event.id.empty()) event.id = ids_.mint(now.wall);
  routes_.complete(event, source, now.wall);
  const std::vector<std::size_t>& matched = routes_.match(source, event);
  verdicts_.resize(config_.routes.size());
  for (std::size_t i = 0; i < verdicts_.size(); ++i) {
    verdicts_[i].matched = std::ranges::binary_search(matched, i);
    verdicts_[i].reason = verdicts_[i].matched ? "" : routes_.why_not(i, source, event);
  }
  return &verdicts_;
}

Shaper* Explainer::shaper(std::size_t route, std::size_t sink, std::string& trouble) {
  std::unique_ptr<Shaper>& kept = shapers_[route][sink];
  if (!kept) {
    const RouteConfig& config = config_.routes[route];
    auto made = desk_.shaper(config, *config_.sink(config.to[sink]), LaneId{static_cast<std::uint32_t>(route + 1)});
    if (!made) {
      trouble = made.error().message;
      return nullptr;
    }
    kept = *std::move(made);
  }
  return kept.get();
}

std::vector<Explainer::SinkVerdict> Explainer::deliveries(std::size_t route, const Event& event, Instant now) {
  const RouteConfig& config = config_.routes[route];
  std::vector<SinkVerdict> verdicts;
  for (std::size_t i = 0; i < config.to.size(); ++i) {
    SinkVerdict& verdict = verdicts.emplace_back();
    verdict.sink = config_.sink(config.to[i]);
    Shaper* const shaper = this->shaper(route, i, verdict.dead);
    if (shaper == nullptr) continue;
    StoredEvent stored{Seq{++last_seq_}, event};
    std::vector<Shaped> shaped = shaper->shape(std::span(&stored, 1), now);
    if (shaped.empty()) continue;
    if (shaped[0].kind == Shaped::Kind::filtered) verdict.filtered = std::move(shaped[0].reason);
    if (shaped[0].kind == Shaped::Kind::failed) verdict.dead = std::move(shaped[0].reason);
    if (shaped[0].kind != Shaped::Kind::pass) continue;
    for (const OutEvent& out : shaped[0].outs) {
      auto preview = desk_.preview(config, *verdict.sink, out);
      if (preview) {
        verdict.parts.push_back(*std::move(preview));
      } else {
        verdict.dead = preview.error().message;
      }
    }
  }
  return verdicts;
}

}  // namespace tidegate
