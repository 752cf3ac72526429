#include "gateway/spool/seq_set.h"

#include <algorithm>

#include "gateway/spool/varint.h"

namespace tidegate {

bool SeqSet::insert(Seq seq) {
  if (members_.empty() || members_.back() < seq) {
    members_.push_back(seq);
    return true;
  }
  const auto at = std::lower_bound(members_.begin(), members_.end(), seq);
  if (*at == seq) return false;
  members_.insert(at, seq);
  return true;
}

bool SeqSet::erase(Seq seq) {
  const auto at = std::lower_bound(members_.begin(), members_.end(), seq);
  if (at == members_.end() || *at != seq) return false;
  members_.erase(at);
  return true;
}

bool SeqSet::contains(Seq seq) const noexcept { return std::binary_search(members_.begin(), members_.end(), seq); }

void SeqSet::erase_to(Seq seq) {
  members_.erase(members_.begin(), std::upper_bound(members_.begin(), members_.end(), seq));
}

std::size_t SeqSet::count(Seq after, Seq to) const noexcept {
  const auto first = std::upper_bound(members_.begin(), members_.end(), after);
  const auto last = std::upper_bound(members_.begin(), members_.end(), to);
  return first < last ? static_cast<std::size_t>(last - first) : 0;
}

std::string SeqSet::encode() const {
  std::string out;
  std::uint64_t before = 0;
  for (const Seq seq : members_) {
    put_varint(out, seq.value - before);
    before = seq.value;
  }
  return out;
}

bool SeqSet::decode(std::string_view bytes, SeqSet& out) {
  out.members_.clear();
  ByteReader in(bytes);
  std::uint64_t at = 0;
  while (!in.at_end()) {
    const std::uint64_t step = in.varint();
    if (!in.ok() || step == 0) return false;
    at += step;
    out.members_.push_back(Seq{at});
  }
  return true;
}

}  // namespace tidegate
