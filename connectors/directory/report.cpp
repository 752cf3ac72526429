#include "connectors/directory/report.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

#include "connectors/directory/file_reader.h"
#include "connectors/directory/limits.h"

namespace tidegate::directory {

namespace {

Status write_all(const Descriptor& file, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(file.get(), text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0)
      return Error{errno == ENOSPC ? ErrorCode::full : ErrorCode::io,
                   fmt::format("can't write to failed_dir: {}", std::strerror(errno))};
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

/// The faults of one file, on their way into its two reports.
class Reporter {
 public:
  Reporter(const Folder& folder, const SourceOptions& options, const Failure& failure)
      : folder_(folder), options_(options), failure_(failure), rejected_name_(failure.final_name + ".rejected") {}

  Status read_again(const std::atomic<bool>& stop) {
    auto file = folder_.open_file(failure_.file);
    if (!file) return file.error();
    FileReader reader(*std::move(file), options_);
    for (;;) {
      if (stop) return Error{ErrorCode::stopping, "the source is being stopped"};
      const auto got = reader.next();
      if (!got) {
        note({reader.lines() + 1, 1, got.error().message, true});
        return {};
      }
      if (*got == FileReader::Got::end) return {};
      if (*got == FileReader::Got::row) continue;
      note(reader.fault());
      if (keeps_rows()) {
        if (auto kept = keep(reader); !kept) return kept;
      } else if (faults_ >= limits::kListedFaultsMax) {
        return {};
      }
      if (reader.fault().fatal) return {};
    }
  }

  Status publish() {
    if (rejected_) {
      if (auto done = folder_.publish_in_failed(rejected_name_, rejected_); !done) return done;
    }
    const std::string name = failure_.final_name + ".reason";
    auto file = folder_.create_in_failed(name);
    if (!file) return file.error();
    if (auto written = write_all(*file, text()); !written) return written;
    return folder_.publish_in_failed(name, *file);
  }

 private:
  [[nodiscard]] bool keeps_rows() const {
    return options_.on_error == OnError::skip_row && options_.format != Format::json &&
           options_.format != Format::whole_file;
  }

  void note(const Fault& fault) {
    if (faults_++ < limits::kListedFaultsMax)
      list_ += fmt::format("line {}, column {}: {}\n", fault.line, fault.column, fault.what);
    // An error that ends the reading says what became of the rest.
    if (fault.fatal) list_ += "Nothing behind this place could be read.\n";
  }

  Status keep(const FileReader& reader) {
    if (!rejected_) {
      auto file = folder_.create_in_failed(rejected_name_);
      if (!file) return file.error();
      rejected_ = *std::move(file);
      if (auto written = write_all(rejected_, reader.format().header()); !written) return written;
    }
    if (auto written = write_all(rejected_, reader.bad_bytes()); !written) return written;
    return reader.bad_bytes().ends_with('\n') ? Status{} : write_all(rejected_, "\n");
  }

  [[nodiscard]] std::string text() const {
    std::string out = fmt::format("{}: {}\n\n", shown(failure_.file),
                                  failure_.stored == 0 ? "nothing of this file was stored."
                                                       : fmt::format("{} rows were stored.", failure_.stored));
    out += list_;
    if (!failure_.other.empty()) out += failure_.other + "\n";
    if (faults_ > limits::kListedFaultsMax)
      out += fmt::format("... and {} more.\n", faults_ - limits::kListedFaultsMax);
    out += "\n";
    if (rejected_) {
      out += fmt::format(
          "The bad rows are in {}: correct them there, and move that file (not this one, whose good rows "
          "are stored) back into the folder.\n",
          shown(rejected_name_));
    } else if (failure_.stored == 0) {
      out += "Correct the file and move it back into the folder.\n";
    } else {
      out += "Move only what is missing back into the folder, as a new file.\n";
    }
    return out;
  }

  const Folder& folder_;
  const SourceOptions& options_;
  const Failure& failure_;
  std::string rejected_name_;
  Descriptor rejected_;
  std::string list_;
  std::uint64_t faults_ = 0;
};

}  // namespace

Status write_report(const Folder& folder, const SourceOptions& options, const Failure& failure,
                    const std::atomic<bool>& stop) {
  Reporter reporter(folder, options, failure);
  if (failure.other.empty()) {
    if (auto read = reporter.read_again(stop); !read) return read;
  }
  return reporter.publish();
}

}  // namespace tidegate::directory
