// What becomes of a file whose rows are all handed over, and what the source says about itself.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "connectors/directory/limits.h"
#include "connectors/directory/report.h"
#include "connectors/directory/worker.h"

namespace tidegate::directory {

namespace {

/// 1204331 as "1,204,331".
std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

/// A size for people: "3.4 GiB".
std::string size_text(std::uint64_t bytes) {
  static constexpr std::string_view kUnits[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  double value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < std::size(kUnits)) {
    value /= 1024;
    ++unit;
  }
  return unit == 0 ? fmt::format("{} bytes", bytes) : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string place_text(const FileWork& file) {
  if (!file.other_fault().empty()) return file.other_fault();
  if (!file.first_fault()) return "bad rows before the restart";
  const Fault& fault = *file.first_fault();
  return fmt::format("line {}, column {}: {}", fault.line, fault.column, fault.what);
}

}  // namespace

/// Puts the files away whose receipts are all there.
void Worker::finish_files() {
  const SteadyTime now = context_.clock->steady();
  if (!finish_trouble_.empty() && now < finish_retry_.at) return;
  Status status;
  for (auto file = ending_.begin(); file != ending_.end();) {
    if ((*file)->in_flight > 0) {
      ++file;
      continue;
    }
    status = finish(**file);
    if (!status) break;
    file = ending_.erase(file);
  }
  // Also after an error: what was moved before it is away.
  if (const Status synced = sync_moves(); status && !synced) status = synced;
  if (status || status.error().code == ErrorCode::stopping) {
    finish_trouble_.clear();
    finish_retry_.after_success();
    return;
  }
  finish_trouble_ = status.error().message;
  finish_retry_.after_failure(now);
  // Opened anew, in case it is the folder that is to blame: one of the three may have been removed.
  close_folder(finish_trouble_, finish_retry_.at);
  folder_state_ = HealthState::alarm;
}

/// Only what is surely away may be forgotten: else a power cut would bring it back as new.
Status Worker::sync_moves() {
  if (moved_.empty()) return {};
  if (auto synced = folder_->sync(); !synced) return synced;
  std::move(moved_.begin(), moved_.end(), std::back_inserter(cleaning_));
  moved_.clear();
  return {};
}

Status Worker::finish(const FileWork& file) {
  const auto entry = folder_->look(file.name());
  if (!entry && entry.error().code != ErrorCode::not_found) return entry.error();
  if (!entry || entry->kind != Folder::Kind::file || entry->signature.inode != file.opened().inode) {
    log_.warn("{}: was {} while it was read; {} rows of it are stored", shown(file.name()),
              entry ? "replaced" : "removed", file.stored());
    moved_.push_back(file.name());
    return {};
  }
  if (!file.interruption().empty()) {
    log_.error("{}: {}; it is tried again", shown(file.name()), file.interruption());
    read_later(file, entry->signature, limits::kRetryMax);
    return {};
  }
  if (file.failed()) return put_to_failed(file);
  // A change of its time alone is no change; anything else is read on, or again.
  if (entry->signature != file.opened() && !(entry->signature.size == file.opened().size && file.same_bytes())) {
    log_.info("{}: has changed while it was read; the rest is read when it is complete", shown(file.name()));
    read_later(file, entry->signature, options_.ready == Ready::settle ? options_.settle : milliseconds{0});
    return {};
  }
  return put_away(file);
}

void Worker::read_later(const FileWork& file, const Signature& now, milliseconds rest) {
  known_.insert_or_assign(file.name(), file.progress());
  candidates_.saw(file.name(), now, context_.clock->steady(), rest);
}

Status Worker::put_away(const FileWork& file) {
  if (options_.ready == Ready::marker) {
    // First: a marker without its file would let the next file of that name be read before it is complete.
    const std::string marker = file.name() + options_.marker;
    if (auto removed = folder_->remove(marker); !removed && removed.error().code != ErrorCode::not_found)
      return removed;
  }
  std::string where = "deleted";
  if (options_.after == After::move) {
    auto moved = folder_->move_to_done(file.name(), context_.clock->wall());
    if (!moved) return moved.error();
    where = "moved to " + shown(*moved);
  } else if (auto removed = folder_->remove(file.name()); !removed) {
    return removed;
  }
  log_.info("{}: {} rows are stored; {}", shown(file.name()), file.stored(), where);
  counters_.done->add();
  moved_.push_back(file.name());
  return {};
}

Status Worker::put_to_failed(const FileWork& file) {
  auto free_name = folder_->free_name_in_failed(file.name(), context_.clock->wall());
  if (!free_name) return free_name.error();
  const Failure failure{file.name(), *free_name, file.stored(), file.other_fault()};
  if (auto written = write_report(*folder_, options_, failure, stop_); !written) return written;
  if (options_.ready == Ready::marker) {
    const std::string marker = file.name() + options_.marker;
    if (auto removed = folder_->remove(marker); !removed && removed.error().code != ErrorCode::not_found)
      return removed;
  }
  if (auto moved = folder_->move_to_failed(file.name(), *free_name); !moved) return moved;
  log_.warn("{}: failed, {}; see {}.reason in failed_dir", shown(file.name()), place_text(file), shown(*free_name));
  last_failed_ = shown(*free_name);
  counters_.failed->add();
  moved_.push_back(file.name());
  return {};
}

/// Posts the state when it is another one, and else now and then.
void Worker::tell() {
  counters_.waiting->set(static_cast<std::int64_t>(candidates_.size()));
  auto [now_state, detail] = state();
  tell_later_ = false;
  if (now_state == posted_state_ && detail == posted_) return;
  const SteadyTime now = context_.clock->steady();
  if (now_state == posted_state_ && now < told_at_ + limits::kProgressInterval) {
    tell_later_ = true;
    return;
  }
  told_at_ = now;
  posted_state_ = now_state;
  posted_ = detail;
  context_.health->post("source " + context_.name, now_state, std::move(detail));
}

std::pair<HealthState, std::string> Worker::state() const {
  if (!folder_) return {folder_state_, folder_trouble_};
  if (!finish_trouble_.empty()) return {HealthState::alarm, finish_trouble_};
  std::string detail = current_ ? progress_text() : "watches " + options_.path.string();
  if (candidates_.size() > 0) detail += fmt::format("; {} files wait", candidates_.size());
  if (!last_failed_.empty()) detail += fmt::format("; failed last: {}", last_failed_);
  if (paused_) return {HealthState::paused, "high water: files are not read on; " + detail};
  return {HealthState::ok, std::move(detail)};
}

std::string Worker::progress_text() const {
  const std::uint64_t size = current_->opened().size;
  const std::uint64_t percent = size == 0 ? 100 : std::min<std::uint64_t>(100, current_->offset() * 100 / size);
  return fmt::format("{}: row {}, {} % of {}", shown(current_->name()), grouped(current_->rows()), percent,
                     size_text(size));
}

}  // namespace tidegate::directory
