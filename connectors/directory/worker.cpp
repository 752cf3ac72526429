#include "connectors/directory/worker.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>

#include "connectors/directory/limits.h"

namespace tidegate::directory {

namespace {

Labels labels(const ConnectorContext& context) { return {{"source", context.name}}; }

}  // namespace

void Worker::Backoff::after_failure(SteadyTime now) {
  at = now + next;
  next = std::min(next * 2, limits::kRetryMax);
}

Worker::Worker(const ConnectorContext& context, SourceOptions options)
    : context_(context),
      options_(std::move(options)),
      origin_{context.name, default_topic(context.name)},
      log_("source " + context.name),
      counters_{
          &context.metrics->counter("tidegate_directory_rows_total", "Rows on disk in the spool.", labels(context)),
          &context.metrics->counter("tidegate_directory_rejected_rows_total", "Rows that were skipped for an error.",
                                    labels(context)),
          &context.metrics->counter("tidegate_directory_read_bytes_total", "Bytes of files whose rows were taken.",
                                    labels(context)),
          &context.metrics->counter("tidegate_directory_done_files_total", "Files moved to done_dir or deleted.",
                                    labels(context)),
          &context.metrics->counter("tidegate_directory_failed_files_total", "Files moved to failed_dir.",
                                    labels(context)),
          &context.metrics->gauge("tidegate_directory_waiting_files", "Files that wait to be read.", labels(context))},
      inbox_(std::make_shared<Inbox>()),
      watch_(*inbox_) {}

void Worker::start(Intake& intake) {
  intake_ = &intake;
  for (const auto& [name, text] : intake.source_state(context_.source_id, "")) {
    if (auto progress = decode_progress(text)) known_.emplace(name, *progress);
  }
  while (known_.size() > limits::kRememberedFilesMax) {
    const auto oldest = std::min_element(known_.begin(), known_.end(), [](const auto& a, const auto& b) {
      return a.second.seen.modified_ns < b.second.seen.modified_ns;
    });
    cleaning_.push_back(oldest->first);
    known_.erase(oldest);
  }
  thread_ = std::thread([this] { run(); });
}

void Worker::set_paused(bool paused) {
  paused_ = paused;
  inbox_->wake();
}

void Worker::stop() noexcept {
  if (!thread_.joinable()) return;
  stop_ = true;
  inbox_->wake();
  thread_.join();
}

void Worker::run() {
  while (!stop_) {
    take_answers();
    open_folder();
    if (folder_) {
      finish_files();
      list_folder();
    }
    const bool busy = read_on();
    tell();
    note(watch_.wait(busy ? milliseconds{0} : patience()));
  }
  last_receipts();
}

/// Until the receipts that are due have come, for a while.
void Worker::last_receipts() {
  const SteadyTime end = context_.clock->steady() + limits::kStopReceipts;
  for (;;) {
    take_answers();
    if (folder_) finish_files();
    const auto left = std::chrono::ceil<milliseconds>(end - context_.clock->steady());
    if (sent_.empty() || left.count() <= 0) return;
    watch_.wait(left);
  }
}

/// How long nothing has to be done, unless something is reported.
milliseconds Worker::patience() const {
  const SteadyTime now = context_.clock->steady();
  SteadyTime next = folder_ ? next_list_ : folder_retry_.at;
  if (!ending_.empty() && !finish_trouble_.empty()) next = std::min(next, finish_retry_.at);
  if (const auto ready = candidates_.next_ready(); ready && *ready > now) next = std::min(next, *ready);
  if (tell_later_) next = std::min(next, told_at_ + limits::kProgressInterval);
  return std::clamp(std::chrono::ceil<milliseconds>(next - now), milliseconds{0}, options_.rescan);
}

Result<Folder> Worker::try_folder() const {
  return Folder::open(options_.path, options_.done_dir.empty() ? options_.path / "done" : options_.done_dir,
                      options_.failed_dir.empty() ? options_.path / "failed" : options_.failed_dir);
}

Status Worker::probe() const {
  const auto folder = try_folder();
  return folder ? Status{} : folder.error();
}

void Worker::open_folder() {
  const SteadyTime now = context_.clock->steady();
  if (folder_ || now < folder_retry_.at) return;
  auto opened = try_folder();
  if (!opened) {
    folder_retry_.after_failure(now);
    folder_state_ = opened.error().code == ErrorCode::not_found ? HealthState::waiting : HealthState::alarm;
    if (folder_trouble_ != opened.error().message) log_.warn("{}; it is tried again", opened.error().message);
    folder_trouble_ = opened.error().message;
    return;
  }
  folder_ = *std::move(opened);
  folder_retry_.after_success();
  folder_trouble_.clear();
  list_wanted_ = true;
  log_.info("watches {}", options_.path.string());
  if (const auto watching = watch_.begin(folder_->descriptor()); !watching)
    log_.warn("{}; the folder is listed every {} ms instead", watching.error().message, options_.rescan.count());
}

void Worker::close_folder(const std::string& why, SteadyTime open_again) {
  log_.warn("{}", why);
  folder_.reset();
  watch_.end();
  candidates_.clear();
  folder_trouble_ = why;
  folder_state_ = HealthState::waiting;
  folder_retry_.at = open_again;
}

void Worker::note(const Changes& changes) {
  if (!folder_) return;
  if (changes.gone) {
    close_folder(fmt::format("the folder {} was moved or removed", options_.path.string()), context_.clock->steady());
    return;
  }
  if (changes.all) list_wanted_ = true;
  if (list_wanted_) return;
  for (const std::string& name : changes.names) consider(name);
}

void Worker::list_folder() {
  const SteadyTime now = context_.clock->steady();
  const bool more = candidates_.left_some_out() && candidates_.size() == 0;
  if (!list_wanted_ && !more && now < next_list_) return;
  if (more) candidates_.clear();
  next_list_ = now + options_.rescan;
  list_wanted_ = false;
  if (!folder_->is_at(options_.path)) {
    close_folder(fmt::format("the folder {} was moved or removed", options_.path.string()), now);
    return;
  }
  const auto listed = folder_->list([this](const std::string& name) { consider(name); });
  if (!listed) {
    close_folder(listed.error().message, now + limits::kRetryInitial);
  }
}

/// Looks at one name: whether it is a file to read, and since when it has been complete.
void Worker::consider(const std::string& changed) {
  std::string name = changed;
  if (options_.ready == Ready::marker && name.ends_with(options_.marker))
    name.resize(name.size() - options_.marker.size());
  const auto matches = [&](const std::string& pattern) {
    return fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0;
  };
  if (name.empty() || std::none_of(options_.pattern.begin(), options_.pattern.end(), matches)) return;
  if (in_work(name)) return;
  const auto entry = folder_->look(name);
  if (!entry || entry->kind == Folder::Kind::folder) {
    candidates_.forget(name);
    return;
  }
  if (entry->kind == Folder::Kind::other) return told_once(name, "is a link or a special file, and is left alone");
  if (!goes_on(name, entry->signature) && !is_complete(name)) {
    candidates_.forget(name);
    return;
  }
  candidates_.saw(name, entry->signature, context_.clock->steady(), rest_of(name, entry->signature));
}

/// True for a file whose reading has begun and that has not changed since: it was complete then.
bool Worker::goes_on(const std::string& name, const Signature& signature) const {
  const auto known = known_.find(name);
  return known != known_.end() && known->second.seen == signature;
}

milliseconds Worker::rest_of(const std::string& name, const Signature& signature) const {
  if (options_.ready != Ready::settle || goes_on(name, signature)) return milliseconds{0};
  return options_.settle;
}

bool Worker::is_complete(const std::string& name) const {
  switch (options_.ready) {
    case Ready::settle: return true;
    case Ready::rename:
      return std::none_of(options_.temporary.begin(), options_.temporary.end(),
                          [&](const std::string& ending) { return name.ends_with(ending); });
    case Ready::marker: break;
  }
  const auto marker = folder_->look(name + options_.marker);
  return marker && marker->kind == Folder::Kind::file;
}

void Worker::told_once(const std::string& name, std::string_view what) {
  if (told_.size() >= limits::kToldNamesMax || !told_.insert(name).second) return;
  log_.warn("{} {}", shown(name), what);
}

bool Worker::in_work(const std::string& name) const {
  if (current_ && current_->name() == name) return true;
  return std::any_of(ending_.begin(), ending_.end(), [&](const auto& file) { return file->name() == name; });
}

/// One step of reading. False: there is nothing to read now.
bool Worker::read_on() {
  const bool full = sent_.size() >= limits::kInFlightSubmissionsMax || sent_bytes_ >= limits::kInFlightBytesMax;
  if (paused_ || full || stopping_ || stop_) return false;
  if (!current_ && !begin_next()) {
    if (!cleaning_.empty()) submit_cleaning();
    // One that failed before anything of it was handed over waits for no receipt.
    return finish_trouble_.empty() && !ending_.empty() && ending_.back()->in_flight == 0;
  }
  const std::uint64_t before = current_->offset();
  auto batch = current_->take();
  if (!batch) {
    current_->interrupt(batch.error().message);
    ending_.push_back(std::move(current_));
    return true;
  }
  counters_.bytes->add(current_->offset() - std::min(before, current_->offset()));
  if (!batch->submission.state.empty()) submit(*std::move(batch));
  if (current_->ended()) ending_.push_back(std::move(current_));
  return true;
}

/// Opens the file that is next. False: none is ready, or those in front of it can't be put away.
bool Worker::begin_next() {
  if (!folder_ || !finish_trouble_.empty()) return false;
  const SteadyTime now = context_.clock->steady();
  while (const auto name = candidates_.oldest_ready(now)) {
    // What was reported may be old: it must still be the file that has rested.
    const auto entry = folder_->look(*name);
    if (!entry || entry->kind != Folder::Kind::file) {
      candidates_.forget(*name);
      continue;
    }
    candidates_.saw(*name, entry->signature, now, rest_of(*name, entry->signature));
    if (candidates_.oldest_ready(now) != name) continue;
    candidates_.forget(*name);
    const auto begun = known_.find(*name);
    auto work = FileWork::begin(*folder_, *name, options_, origin_,
                                begun == known_.end() ? std::nullopt : std::optional(begun->second));
    if (!work) {
      refuse(*name, work.error());
      continue;
    }
    known_.erase(*name);
    if ((*work)->resumed()) log_.info("{}: goes on behind row {}", shown(*name), (*work)->progress().rows);
    current_ = *std::move(work);
    if (options_.on_error != OnError::reject_file || options_.format == Format::whole_file) return true;
    const auto fault = current_->has_fault(*folder_, stop_);
    if (fault && !*fault) return true;
    if (!fault && fault.error().code == ErrorCode::stopping) return false;
    if (!fault) current_->interrupt(fault.error().message);
    ending_.push_back(std::move(current_));
    return false;
  }
  return false;
}

/// A file that can't be opened: it stays, and is tried again when the folder is listed.
void Worker::refuse(const std::string& name, const Error& error) {
  if (error.code == ErrorCode::not_found) return;
  told_once(name, fmt::format("can't be read: {}", error.message));
}

void Worker::submit(FileWork::Batch batch) {
  Submission submission = std::move(batch.submission);
  // A name may come again: what is to be forgotten of the old file goes first.
  for (std::string& name : cleaning_) submission.state.insert(submission.state.begin(), {std::move(name), {}, true});
  cleaning_.clear();
  const std::uint64_t ticket = next_ticket_++;
  counters_.bad_rows->add(batch.bad);
  sent_.push_back({ticket, current_.get(), batch.bytes, batch.rows});
  sent_bytes_ += batch.bytes;
  ++current_->in_flight;
  intake_->admit(context_.source_id, std::move(submission), [inbox = inbox_, ticket](Admission admission) {
    inbox->put({ticket, admission});
  });
}

void Worker::submit_cleaning() {
  Submission submission;
  for (std::string& name : cleaning_) submission.state.push_back({std::move(name), {}, true});
  cleaning_.clear();
  const std::uint64_t ticket = next_ticket_++;
  sent_.push_back({ticket, nullptr, 0, 0});
  intake_->admit(context_.source_id, std::move(submission), [inbox = inbox_, ticket](Admission admission) {
    inbox->put({ticket, admission});
  });
}

void Worker::take_answers() {
  for (const Inbox::Answer& came : inbox_->take()) {
    const auto sent = std::find_if(sent_.begin(), sent_.end(), [&](const Sent& s) { return s.ticket == came.ticket; });
    if (sent == sent_.end()) continue;
    answer(*sent, came.admission);
    sent_bytes_ -= sent->bytes;
    sent_.erase(sent);
  }
}

void Worker::answer(const Sent& sent, Admission admission) {
  if (admission == Admission::stopping) {
    // The file's receipt never comes, so it stays where it is.
    stopping_ = true;
    return;
  }
  if (sent.file == nullptr) return;
  --sent.file->in_flight;
  if (admission == Admission::refused_invalid) {
    sent.file->fail("a row breaks a limit of the gateway; its topic or the file's name may be too long");
    return;
  }
  if (admission == Admission::durable) counters_.rows->add(sent.rows);
}

}  // namespace tidegate::directory
