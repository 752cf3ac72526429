#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/base/ids.h"

namespace tidegate {

/// A small ordered set of log positions, mostly extended at its upper end.
class SeqSet {
 public:
  /// False when it was in already.
  bool insert(Seq seq);
  /// False when it was not in.
  bool erase(Seq seq);
  [[nodiscard]] bool contains(Seq seq) const noexcept;
  /// Drops every member up to and including `seq`.
  void erase_to(Seq seq);
  /// Members in (after, to].
  [[nodiscard]] std::size_t count(Seq after, Seq to) const noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return members_.size(); }
  [[nodiscard]] const std::vector<Seq>& members() const noexcept { return members_; }

  /// Differences as varints. *Source*: FORMAT.md, "Seq set".
  [[nodiscard]] std::string encode() const;
  [[nodiscard]] static bool decode(std::string_view bytes, SeqSet& out);

 private:
  std::vector<Seq> members_;
};

}  // namespace tidegate
