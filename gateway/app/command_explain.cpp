#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "gateway/app/commands.h"
#include "gateway/app/limits.h"
#include "gateway/app/load.h"
#include "gateway/base/printable.h"
#include "gateway/event/json_text.h"
#include "gateway/trial/explain.h"

namespace tidegate {

namespace {

void append_member(std::string_view name, std::string_view text, std::string& out) {
  append_json_string(name, out);
  out += ':';
  append_json_string(text, out);
}

/// Explains events one after the other, into a text or one line of JSON each.
class Explanations {
 public:
  Explanations(const Config& config, bool as_json, bool outputs)
      : config_(config), explainer_(config), as_json_(as_json), outputs_(outputs) {}

  /// Appends the explanation. *Errors*: invalid; nothing was appended.
  Status append(Specimen& specimen, std::string& out) {
    const SystemClock clock;
    const Instant now{clock.steady(), clock.wall()};
    const auto verdicts = explainer_.explain(specimen, now);
    if (!verdicts) return verdicts.error();
    if (as_json_) {
      append_json(**verdicts, specimen.event, now, out);
    } else {
      append_text(**verdicts, specimen.event, now, out);
    }
    return {};
  }

 private:
  using RouteVerdict = Explainer::RouteVerdict;
  using SinkVerdict = Explainer::SinkVerdict;

  void append_json(const std::vector<RouteVerdict>& verdicts, const Event& event, Instant now, std::string& out) {
    out += R"({"routes":{)";
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      if (i > 0) out += ',';
      append_json_string(config_.routes[i].name, out);
      out += verdicts[i].matched ? R"(:{"matched":true,"reason":null)" : R"(:{"matched":false,"reason":)";
      if (!verdicts[i].matched) {
        append_json_string(verdicts[i].reason, out);
      } else if (outputs_) {
        append_sinks(explainer_.deliveries(i, event, now), out);
      }
      out += '}';
    }
    out += "}}\n";
  }

  static void append_sinks(const std::vector<SinkVerdict>& sinks, std::string& out) {
    out += R"(,"sinks":{)";
    for (const SinkVerdict& sink : sinks) {
      if (&sink != &sinks.front()) out += ',';
      append_json_string(sink.sink->name, out);
      out += R"(:{"gets":[)";
      for (const Preview& part : sink.parts) {
        out += &part == &sink.parts.front() ? "{" : ",{";
        append_member("to", part.to, out);
        out += ',';
        append_member("content_type", part.content_type, out);
        out += ',';
        append_member("body", part.body, out);
        out += '}';
      }
      out += ']';
      if (!sink.filtered.empty()) append_member("filtered", sink.filtered, out += ',');
      if (!sink.dead.empty()) append_member("dead", sink.dead, out += ',');
      out += '}';
    }
    out += '}';
  }

  void append_text(const std::vector<RouteVerdict>& verdicts, const Event& event, Instant now, std::string& out) {
    out += printable(event.subject) + "\n";
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
      const RouteConfig& route = config_.routes[i];
      if (!verdicts[i].matched) {
        out += fmt::format("  {}: no: {}\n", route.name, printable(verdicts[i].reason));
        continue;
      }
      out += fmt::format("  {}: matched", route.name);
      for (const auto& [name, value] : route.topic.captures(event.subject)) {
        out += fmt::format("  {}={}", name, printable(value));
      }
      out += '\n';
      for (const SinkVerdict& sink : explainer_.deliveries(i, event, now)) append_sink(sink, out);
    }
  }

  static void append_sink(const SinkVerdict& sink, std::string& out) {
    for (const Preview& part : sink.parts) {
      out += fmt::format("    {}: {}  {}\n      {}\n", sink.sink->name, printable(part.to),
                         printable(part.content_type), printable(part.body));
    }
    if (!sink.filtered.empty()) out += fmt::format("    {}: filtered by {}\n", sink.sink->name, sink.filtered);
    if (!sink.dead.empty()) out += fmt::format("    {}: dead letter: {}\n", sink.sink->name, printable(sink.dead));
  }

  const Config& config_;
  Explainer explainer_;
  bool as_json_;
  bool outputs_;
};

/// Reads lines from a file or standard input and writes what comes of them, as it comes.
class EventLines {
 public:
  EventLines(Explanations& explanations, bool as_json) : explanations_(explanations), as_json_(as_json) {}

  int run(int fd, const std::string& name) {
    std::string pending;
    std::vector<char> chunk(limits::kExplainChunkBytes);
    while (true) {
      const ssize_t got = ::read(fd, chunk.data(), chunk.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) {
        complain(fmt::format("{}: {}", name, std::generic_category().message(errno)));
        return kExitFailed;
      }
      if (got == 0) break;
      pending.append(chunk.data(), static_cast<std::size_t>(got));
      if (!take_lines(pending)) return kExitFailed;
      if (pending.size() > limits::kExplainLineBytesMax) {
        complain(fmt::format("{}:{}: longer than {} bytes, which no event can be", name, line_ + 1,
                             limits::kExplainLineBytesMax));
        return kExitUsage;
      }
    }
    if (!pending.empty()) take_line(pending);
    if (!flush()) return kExitFailed;
    return bad_ ? kExitUsage : kExitFine;
  }

 private:
  /// False: standard output is gone.
  bool take_lines(std::string& pending) {
    std::size_t begin = 0;
    for (std::size_t end; (end = pending.find('\n', begin)) != std::string::npos; begin = end + 1) {
      take_line(std::string_view(pending).substr(begin, end - begin));
      // Of one chunk of short lines a config with many routes has very much to say.
      if (out_.size() >= limits::kExplainChunkBytes && !flush()) return false;
    }
    pending.erase(0, begin);
    return flush();
  }

  void take_line(std::string_view line) {
    ++line_;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) return;
    auto specimen = read_specimen(line);
    const Status done = specimen ? explanations_.append(*specimen, out_) : Status(specimen.error());
    if (done) return;
    bad_ = true;
    if (as_json_) {
      out_ += fmt::format(R"({{"line":{},"error":)", line_);
      append_json_string(done.error().message, out_);
      out_ += "}\n";
    } else {
      out_ += fmt::format("line {}: {}\n", line_, printable(done.error().message));
    }
  }

  bool flush() {
    const bool fine = print(out_);
    out_.clear();
    return fine;
  }

  Explanations& explanations_;
  bool as_json_;
  std::string out_;
  std::uint64_t line_ = 0;
  bool bad_ = false;
};

int explain_lines(Explanations& explanations, const CommonOptions& common, const std::string& file) {
  EventLines lines(explanations, common.json);
  if (file == "-") return lines.run(STDIN_FILENO, "standard input");
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    complain(fmt::format("{}: {}", file, std::generic_category().message(errno)));
    return kExitUsage;
  }
  const int code = lines.run(fd, file);
  ::close(fd);
  return code;
}

int explain_one(Explanations& explanations, const ExplainChoice& choice) {
  Specimen specimen{choice.source, {}};
  specimen.event.subject = choice.topic;
  specimen.event.data = choice.data;
  if (!is_topic_name(choice.topic)) {
    complain(quote(choice.topic) + " is no topic: it must be text without + and #");
    return kExitUsage;
  }
  for (const std::string& attribute : choice.attributes) {
    const std::size_t equals = attribute.find('=');
    if (equals == std::string::npos || equals == 0) {
      complain("--attribute takes NAME=VALUE, not " + quote(attribute));
      return kExitUsage;
    }
    specimen.event.attributes.emplace_back(attribute.substr(0, equals), attribute.substr(equals + 1));
  }
  std::string out;
  if (const Status done = explanations.append(specimen, out); !done) {
    complain(done.error().message);
    return kExitUsage;
  }
  return print(out) ? kExitFine : kExitFailed;
}

}  // namespace

int explain_command(const CommonOptions& common, const ExplainChoice& choice) {
  if (choice.topic.empty() == choice.events.empty()) {
    complain("explain takes --topic (with --data), or --events");
    return kExitUsage;
  }
  const auto config = load_to_shape(common);
  if (!config) return kExitUsage;
  Explanations explanations(*config, common.json, choice.outputs);
  return choice.events.empty() ? explain_one(explanations, choice) : explain_lines(explanations, common, choice.events);
}

}  // namespace tidegate
