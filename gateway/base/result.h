#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace tidegate {

/// What kind of failure an Error is, so that callers can decide without reading its text.
enum class ErrorCode : std::uint8_t {
  invalid,      ///< the input is wrong; trying again gives the same answer
  not_found,    ///< the thing named does not exist
  refused,      ///< a peer or a policy said no
  unavailable,  ///< not now: a peer is down, a file is locked; trying again may work
  timeout,      ///< a deadline passed
  full,         ///< the disk or a configured limit has no room
  io,           ///< the operating system or a device failed
  corrupt,      ///< stored bytes are not what was written
  stopping,     ///< the component is being stopped
};

/// The stable lower-case name of a code, for logs and JSON.
std::string_view name_of(ErrorCode code) noexcept;

/// A failure: a code for programs and a sentence for people (what happened, and the remedy where there is one).
struct Error {
  ErrorCode code = ErrorCode::invalid;
  std::string message;

  /// The same failure seen from further out: "context: message".
  [[nodiscard]] Error in(std::string_view context) const&;
};

/// A value or an Error. Names follow std::expected (C++23), which replaces it when the toolchain has it.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  [[nodiscard]] T& value() & { return std::get<0>(state_); }
  [[nodiscard]] const T& value() const& { return std::get<0>(state_); }
  [[nodiscard]] T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  [[nodiscard]] const Error& error() const& { return std::get<1>(state_); }
  [[nodiscard]] Error&& error() && { return std::get<1>(std::move(state_)); }

  template <class U>
  [[nodiscard]] T value_or(U&& other) const& {
    return has_value() ? value() : static_cast<T>(std::forward<U>(other));
  }

 private:
  std::variant<T, Error> state_;
};

/// Success, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool has_value() const noexcept { return !error_; }
  explicit operator bool() const noexcept { return has_value(); }
  [[nodiscard]] const Error& error() const& { return *error_; }
  [[nodiscard]] Error&& error() && { return *std::move(error_); }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

}  // namespace tidegate
