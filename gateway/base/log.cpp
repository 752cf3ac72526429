#include "gateway/base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "gateway/base/printable.h"

namespace tidegate {

namespace {

LogFormat g_format = LogFormat::text;  // written once by log_setup, before threads start

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("tidegate", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *instance;
}

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug: return spdlog::level::debug;
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warn: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string escaped(std::string_view text) {
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

void log_setup(LogLevel level, LogFormat format) {
  g_format = format;
  logger().set_level(to_spdlog(level));
  if (format == LogFormat::json) {
    logger().set_pattern(R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})", spdlog::pattern_time_type::utc);
  }
}

bool log_enabled(LogLevel level) noexcept { return logger().should_log(to_spdlog(level)); }

void log_write(LogLevel level, std::string_view component, std::string_view message) {
  if (g_format == LogFormat::json) {
    logger().log(to_spdlog(level), R"("component":{},"message":{})", escaped(component), escaped(message));
  } else {
    // Peers choose some of what is logged; a control character must not be able to forge a second line.
    logger().log(to_spdlog(level), "{}: {}", component, printable(message));
  }
}

}  // namespace tidegate
