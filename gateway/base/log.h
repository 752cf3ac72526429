#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tidegate {

enum class LogLevel : std::uint8_t { debug, info, warn, error };
enum class LogFormat : std::uint8_t { text, json };

/// Sets what is logged and how, for the whole process. Logs go to stderr, one line each. Call before threads start.
void log_setup(LogLevel level, LogFormat format);

/// True when lines of this level are written: guards the cost of building expensive arguments.
bool log_enabled(LogLevel level) noexcept;

/// Writes one finished line. Prefer Log's members. *Threads*: safe from any.
void log_write(LogLevel level, std::string_view component, std::string_view message);

/// Writes lines on behalf of one component ("source plant-floor", "lane temperatures/cloud", "spool").
/// Never pass a payload or a secret. *Threads*: safe from any.
class Log {
 public:
  explicit Log(std::string component) : component_(std::move(component)) {}

  template <class... A>
  void debug(fmt::format_string<A...> f, A&&... a) const {
    put(LogLevel::debug, f, std::forward<A>(a)...);
  }
  template <class... A>
  void info(fmt::format_string<A...> f, A&&... a) const {
    put(LogLevel::info, f, std::forward<A>(a)...);
  }
  template <class... A>
  void warn(fmt::format_string<A...> f, A&&... a) const {
    put(LogLevel::warn, f, std::forward<A>(a)...);
  }
  template <class... A>
  void error(fmt::format_string<A...> f, A&&... a) const {
    put(LogLevel::error, f, std::forward<A>(a)...);
  }

  [[nodiscard]] const std::string& component() const noexcept { return component_; }

 private:
  template <class... A>
  void put(LogLevel level, fmt::format_string<A...> f, A&&... a) const {
    if (log_enabled(level)) log_write(level, component_, fmt::format(f, std::forward<A>(a)...));
  }
  std::string component_;
};

}  // namespace tidegate
