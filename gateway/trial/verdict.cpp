#include "gateway/trial/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "gateway/event/rfc3339.h"
#include "gateway/trial/limits.h"
#include "gateway/trial/tree_json.h"

namespace tidegate {

namespace {

using nlohmann::json;

std::string json_text(const ConfigNode& node) {
  std::string text;
  append_tree_as_json(node, text);
  return text;
}

std::string dump(const json& value) { return value.dump(-1, ' ', false, json::error_handler_t::replace); }

/// Everything that `want` names must be in `got`; empty: it is.
std::string difference(const ConfigNode& want, const json& got, const std::string& path) {
  if (want.kind == ConfigNode::Kind::map) {
    if (!got.is_object()) return fmt::format("{} is {}", path, dump(got));
    for (const ConfigEntry& entry : want.entries) {
      const std::string inner = path + "." + entry.key;
      const auto member = got.find(entry.key);
      if (member == got.end()) return inner + " is missing";
      if (std::string found = difference(entry.value, *member, inner); !found.empty()) return found;
    }
    return {};
  }
  if (want.kind == ConfigNode::Kind::list) {
    if (!got.is_array() || got.size() != want.items.size()) return fmt::format("{} is {}", path, dump(got));
    for (std::size_t i = 0; i < want.items.size(); ++i) {
      std::string found = difference(want.items[i], got[i], fmt::format("{}[{}]", path, i + 1));
      if (!found.empty()) return found;
    }
    return {};
  }
  const json wanted = json::parse(json_text(want), nullptr, false);
  return wanted == got ? std::string() : fmt::format("{} is {}, not {}", path, dump(got), dump(wanted));
}

std::string differs(std::string_view name, const std::optional<std::string>& want, const std::string& got) {
  return !want || *want == got ? std::string() : fmt::format("{} is {}, not {}", name, got, *want);
}

/// An event in one line. With a shape, no more than the shape names.
std::string show(const Event& event, const std::string& reason) {
  std::string out = event.subject + " ";
  const json parsed = json::parse(event.data, nullptr, false);
  out += parsed.is_discarded() ? quote(event.data) : dump(parsed);
  if (!reason.empty()) out += "  (" + reason + ")";
  return out;
}

std::string show(const EventShape& shape) {
  std::string out = shape.count > 1 ? fmt::format("{} x ", shape.count) : "";
  out += shape.subject.value_or("*");
  if (shape.data) out += " " + json_text(*shape.data);
  if (shape.text) out += " " + quote(*shape.text);
  const auto add = [&](std::string_view name, const std::optional<std::string>& value) {
    if (value) out += fmt::format("  {} {}", name, *value);
  };
  add("id", shape.id);
  add("source", shape.source);
  add("type", shape.type);
  add("datacontenttype", shape.datacontenttype);
  if (shape.time) out += "  time " + format_utc(*shape.time);
  for (const auto& [name, value] : shape.attributes) out += fmt::format("  {}: {}", name, value);
  if (shape.reason) out += fmt::format("  ({})", *shape.reason);
  return out;
}

std::uint64_t count_of(const std::vector<EventShape>& shapes) {
  std::uint64_t count = 0;
  for (const EventShape& shape : shapes) count += shape.count;
  return count;
}

const Event& event_of(const OutEvent& out) { return out.event; }
const Event& event_of(const DeadEvent& dead) { return dead.event; }
std::string reason_of(const OutEvent&) { return {}; }
std::string reason_of(const DeadEvent& dead) { return dead.reason; }
std::string difference(const EventShape& expected, const OutEvent& out) {
  return tidegate::difference(expected, out.event);
}

/// Compares a list of events with the shapes that they must have, in order.
template <class Each>
void compare_list(const std::vector<EventShape>& expected, const std::vector<Each>& got, Finding finding,
                  std::vector<Finding>& findings) {
  const std::uint64_t wanted = count_of(expected);
  bool same = wanted == got.size();
  std::size_t at = 0;
  std::size_t shape = 0;
  std::uint64_t of_shape = 0;
  while (at < got.size() || shape < expected.size()) {
    while (shape < expected.size() && of_shape >= expected[shape].count) {
      ++shape;
      of_shape = 0;
    }
    const bool wants = shape < expected.size();
    if (!wants && at >= got.size()) break;
    Finding::Line line;
    if (wants) line.expected = of_shape == 0 ? show(expected[shape]) : "the same";
    if (at < got.size()) line.got = show(event_of(got[at]), reason_of(got[at]));
    if (!wants) {
      line.difference = "nothing more is expected";
    } else if (at >= got.size()) {
      line.difference = "nothing more came";
    } else {
      line.difference = difference(expected[shape], got[at]);
    }
    same = same && line.difference.empty();
    // Past the lines that are shown only the verdict matters, and it stands once something differs.
    if (finding.lines.size() < limits::kShownDeliveriesMax || !line.difference.empty()) finding.lines.push_back(line);
    if (finding.lines.size() > limits::kShownDeliveriesMax && !same) break;
    ++at;
    ++of_shape;
  }
  if (same) return;
  finding.what += fmt::format(": {} expected, {} came", wanted, got.size());
  findings.push_back(std::move(finding));
}

std::string numbers(const std::vector<std::uint64_t>& all) { return fmt::format("[{}]", fmt::join(all, ", ")); }

}  // namespace

std::string difference(const EventShape& expected, const Event& event) {
  std::string found = differs("id", expected.id, event.id);
  if (found.empty()) found = differs("source", expected.source, event.source);
  if (found.empty()) found = differs("type", expected.type, event.type);
  if (found.empty()) found = differs("subject", expected.subject, event.subject);
  if (found.empty()) found = differs("datacontenttype", expected.datacontenttype, event.datacontenttype);
  if (found.empty()) found = differs("the payload", expected.text, event.data);
  if (found.empty() && expected.time && *expected.time != event.time) {
    found = fmt::format("time is {}, not {}", format_utc(event.time), format_utc(*expected.time));
  }
  for (const auto& [name, value] : expected.attributes) {
    if (!found.empty()) break;
    const auto attribute = std::ranges::find(event.attributes, name, &std::pair<std::string, std::string>::first);
    if (attribute == event.attributes.end()) return fmt::format("attribute {} is missing", name);
    found = differs("attribute " + name, value, attribute->second);
  }
  if (!found.empty() || !expected.data) return found;
  const json parsed = json::parse(event.data, nullptr, false);
  if (parsed.is_discarded()) return "data is no JSON";
  return difference(*expected.data, parsed, "data");
}

std::string difference(const EventShape& expected, const DeadEvent& dead) {
  std::string found = difference(expected, dead.event);
  if (!found.empty() || !expected.reason || dead.reason.find(*expected.reason) != std::string::npos) return found;
  return fmt::format("the reason is: {}", dead.reason);
}

std::vector<Finding> compare(const Expectation& expected, const LaneOutcome& outcome,
                             const std::vector<std::uint64_t>& matched, std::string_view lane, std::string_view when) {
  std::vector<Finding> findings;
  const auto finding = [&](std::string_view what, Position at) {
    return Finding{at.line != 0 ? at : expected.position, fmt::format("{}: {}{}", lane, what, when), {}};
  };
  const auto compare_text = [&](std::string_view what, const std::string& want, const std::string& got) {
    if (want == got) return;
    Finding found = finding(what, {});
    found.lines.push_back({want, got, "differs"});
    findings.push_back(std::move(found));
  };
  if (expected.matched) compare_text("matched", numbers(*expected.matched), numbers(matched));
  if (expected.delivered) {
    const Position at = expected.delivered->empty() ? Position{} : expected.delivered->front().position;
    compare_list(*expected.delivered, outcome.delivered, finding("delivered", at), findings);
  }
  if (expected.filtered) {
    std::uint64_t all = 0;
    for (const auto& [reason, count] : outcome.filtered) all += count;
    compare_text("filtered", std::to_string(*expected.filtered), std::to_string(all));
  }
  for (const auto& [reason, count] : expected.filtered_by) {
    const auto got = outcome.filtered.find(reason);
    compare_text(fmt::format("filtered by {}", reason), std::to_string(count),
                 std::to_string(got == outcome.filtered.end() ? 0 : got->second));
  }
  if (expected.dead) {
    const Position at = expected.dead->empty() ? Position{} : expected.dead->front().position;
    compare_list(*expected.dead, outcome.dead, finding("dead", at), findings);
  }
  if (expected.pending) compare_text("pending", std::to_string(*expected.pending), std::to_string(outcome.pending));
  return findings;
}

}  // namespace tidegate
