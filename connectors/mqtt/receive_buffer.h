#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "connectors/mqtt/limits.h"

namespace tidegate::mqtt {

/// Bytes from the socket that are not decoded yet. Grows for one large packet and shrinks after it.
class ReceiveBuffer {
 public:
  /// Room for the next read. `packet_size`: what the packet at the front will need in all, 0 when not known.
  std::span<char> space(std::size_t packet_size) {
    const std::size_t held = end_ - begin_;
    const std::size_t wanted = std::max(limits::kReadBytes, packet_size > held ? packet_size - held : 0);
    const bool too_big = held == 0 && capacity_ > kCapacity;
    if (capacity_ - held < wanted || too_big)
      move_to(std::max(kCapacity, held + wanted));
    else if (begin_ > 0)
      move_to_front();
    return {bytes_.get() + end_, std::min(capacity_ - end_, wanted)};
  }
  void commit(std::size_t n) noexcept { end_ += n; }
  void consume(std::size_t n) noexcept {
    begin_ += n;
    if (begin_ == end_) begin_ = end_ = 0;
  }
  void clear() noexcept { begin_ = end_ = 0; }
  [[nodiscard]] std::string_view data() const noexcept { return {bytes_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
  static constexpr std::size_t kCapacity = 2 * limits::kReadBytes;

  void move_to(std::size_t capacity) {
    auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
    if (end_ > begin_) std::memcpy(bytes.get(), bytes_.get() + begin_, end_ - begin_);
    bytes_ = std::move(bytes);
    capacity_ = capacity;
    end_ -= begin_;
    begin_ = 0;
  }
  void move_to_front() noexcept {
    std::memmove(bytes_.get(), bytes_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }

  std::unique_ptr<char[]> bytes_;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace tidegate::mqtt
