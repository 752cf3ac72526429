#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>
#include <type_traits>

#include "gateway/base/clock.h"
#include "gateway/base/result.h"
#include "gateway/base/secret.h"
#include "gateway/config/scalars.h"

/// How each C++ type that an option may have is read from and written as text.
namespace tidegate::option_codec {

template <class T>
struct IsDuration : std::false_type {};
template <class R, class P>
struct IsDuration<std::chrono::duration<R, P>> : std::true_type {};
template <class T>
concept Duration = IsDuration<T>::value;
template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool>;
template <class T>
concept Scalar = std::integral<T> || std::floating_point<T> || Duration<T> || std::same_as<T, std::string> ||
    std::same_as<T, std::filesystem::path> || std::same_as<T, Secret> || std::same_as<T, ByteSize>;

/// The number that a Range compares: itself, milliseconds, or bytes.
template <class T>
double measure(const T& value) {
  if constexpr (Duration<T>) {
    return std::chrono::duration<double, std::milli>(value).count();
  } else if constexpr (std::same_as<T, ByteSize>) {
    return static_cast<double>(value.bytes);
  } else {
    return static_cast<double>(value);
  }
}

template <class T>
concept Measured = std::is_arithmetic_v<T> || Duration<T> || std::same_as<T, ByteSize>;

template <Integer T>
Result<T> read_integer(std::string_view text) {
  if constexpr (std::signed_integral<T>) {
    const auto wide = read_signed(text);
    if (!wide) return wide.error();
    if (*wide < std::numeric_limits<T>::min() || *wide > std::numeric_limits<T>::max()) {
      return Error{ErrorCode::invalid, "is too large"};
    }
    return static_cast<T>(*wide);
  } else {
    const auto wide = read_unsigned(text);
    if (!wide) return wide.error();
    if (*wide > std::numeric_limits<T>::max()) return Error{ErrorCode::invalid, "is too large"};
    return static_cast<T>(*wide);
  }
}

template <Duration T>
Result<T> read_as(std::string_view text) {
  const auto exact = read_duration(text);
  if (!exact) return exact.error();
  const auto value = std::chrono::duration_cast<T>(*exact);
  if (value != *exact) {
    return Error{ErrorCode::invalid, "is finer than this option; write a multiple of " +
                                         write_duration(std::chrono::duration_cast<milliseconds>(T{1}))};
  }
  return value;
}

template <Scalar T>
Result<T> read(std::string_view text) {
  if constexpr (std::same_as<T, bool>) {
    return read_bool(text);
  } else if constexpr (Integer<T>) {
    return read_integer<T>(text);
  } else if constexpr (std::floating_point<T>) {
    const auto number = read_number(text);
    if (!number) return number.error();
    return static_cast<T>(*number);
  } else if constexpr (Duration<T>) {
    return read_as<T>(text);
  } else if constexpr (std::same_as<T, ByteSize>) {
    return read_byte_size(text);
  } else {
    return T{std::string(text)};
  }
}

/// As the user would write it. A secret is never written.
template <Scalar T>
std::string write(const T& value) {
  if constexpr (std::same_as<T, bool>) {
    return value ? "true" : "false";
  } else if constexpr (Integer<T>) {
    return std::to_string(value);
  } else if constexpr (std::floating_point<T>) {
    return write_number(static_cast<double>(value));
  } else if constexpr (Duration<T>) {
    return write_duration(std::chrono::duration_cast<milliseconds>(value));
  } else if constexpr (std::same_as<T, ByteSize>) {
    return write_byte_size(value.bytes);
  } else if constexpr (std::same_as<T, Secret>) {
    return {};
  } else if constexpr (std::same_as<T, std::filesystem::path>) {
    return value.string();
  } else {
    return value;
  }
}

}  // namespace tidegate::option_codec
