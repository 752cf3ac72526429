#include "connectors/file/options.h"

#include "connectors/file/file.h"

namespace tidegate {
namespace file {

namespace {

using namespace std::chrono_literals;

/// A file of a few events costs a name and a sync, and no program wants millions of them.
constexpr std::uint64_t kRotateBytesMin = 4u << 10;
constexpr std::uint64_t kRotateBytesMax = 1ull << 40;

const OptionTableOf<RotateOptions>& rotate_table() {
  static const auto table =
      OptionTableOf<RotateOptions>("When a file is finished: it gets the time into its name, and a new one is begun.")
          .bytes("size", &RotateOptions::size, "Before it would grow beyond this; 0B: never.",
                 between(std::uint64_t{0}, kRotateBytesMax))
          .option("every", &RotateOptions::every, "This long after it was begun; 0s: never.", between(0s, 876'000h))
          .check([](const RotateOptions& o) -> std::optional<OptionFault> {
            if (o.size > 0 && o.size < kRotateBytesMin) return OptionFault{"size", "is less than 4KiB"};
            if (o.every > 0s && o.every < 1s) return OptionFault{"every", "is less than 1s"};
            return std::nullopt;
          });
  return table;
}

std::optional<OptionFault> check_sink(const SinkOptions& o) { return lines::check(o.format, o.csv); }

}  // namespace

const OptionTableOf<SinkOptions>& sink_table() {
  static const auto table =
      OptionTableOf<SinkOptions>("Appends events to files.")
          .required("folder", &SinkOptions::folder,
                    "Where the files are. It must exist: what is not mounted is not written to.")
          .tree("name", &SinkOptions::name, fields::text_from, fields::kTextSyntax,
                "The file of an event, below `folder`; / makes folders. `.ndjson` or `.csv` is added, and `.gz` or "
                "`.zst`.")
          .choice("format", &SinkOptions::format, lines::formats(), "How an event is written.")
          .section("csv", &SinkOptions::csv, lines::csv_table(), "With format `csv`: its columns.")
          .choice("compression", &SinkOptions::compression,
                  {{"none", Compression::none, "As they are."},
                   {"gzip", Compression::gzip, "gzip, one member for each sync."},
                   {"zstd", Compression::zstd, "Zstandard, one frame for each sync."}},
                  "How files are compressed.")
          .section("rotate", &SinkOptions::rotate, rotate_table(), "When a file is finished.")
          .check(check_sink);
  return table;
}

}  // namespace file

const OptionTable* file_sink_options() { return &file::sink_table(); }

Status check_file_sink_route(const std::any& options, const TopicFilter& route) {
  const auto& sink = std::any_cast<const file::SinkOptions&>(options);
  if (Status checked = fields::check_captures("name", sink.name, route); !checked) return checked;
  return fields::check_captures("csv.columns", sink.csv.columns, route);
}

}  // namespace tidegate
