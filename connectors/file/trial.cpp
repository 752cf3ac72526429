// What `tidegate explain` asks of a file sink.

#include "connectors/file/file.h"
#include "connectors/file/sink.h"

namespace tidegate {

Result<Preview> preview_file(const ConnectorContext& context, const std::any& options, const OutEvent& event) {
  const auto& sink = std::any_cast<const file::SinkOptions&>(options);
  file::EventWriter writer(sink, context.route);
  std::string path;
  Preview preview;
  if (Status written = writer.write(event, path, preview.body); !written) return std::move(written).error();
  preview.to = (sink.folder / path).string();
  preview.content_type = writer.lines().content_type();
  return preview;
}

}  // namespace tidegate
