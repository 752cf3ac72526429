// What test cases and `tidegate explain` ask of an S3 sink.

#include <fmt/format.h>

#include "connectors/aws_s3/aws_s3.h"
#include "connectors/aws_s3/object.h"
#include "connectors/aws_s3/reply.h"
#include "connectors/http/trials.h"

namespace tidegate {

std::optional<Settled> judge_aws_s3_answer(const PeerAnswer& answer) {
  const long status = aws_s3::status_of(answer.name);
  http::TrialReply trial;
  if (!http::fill_trial_reply(answer, status, trial)) return std::nullopt;
  if (trial.reply.status < 300) return Settled{{}, {{Fate::delivered, {}}}, Cause::none, std::nullopt};
  if (status != 0) {
    trial.body = fmt::format("<Error><Code>{}</Code><Message>{}</Message></Error>", answer.name, answer.words);
    trial.reply.body = trial.body;
  }
  return aws_s3::judge_put(trial.reply, answer.events, {"the-bucket", ""}, WallTime{});
}

Result<Preview> preview_aws_s3(const ConnectorContext& context, const std::any& options, const OutEvent& event) {
  auto sink = std::any_cast<const aws_s3::SinkOptions&>(options);
  const Compression stored = sink.compression;
  sink.compression = Compression::none;
  auto writer = aws_s3::ObjectWriter::create(sink, context.route, context.name);
  if (!writer) return std::move(writer).error();
  const OutEvent* alone = &event;
  std::string key;
  Preview preview;
  http::Written written;
  writer->write(std::span(&alone, 1), key, preview.body, written);
  if (!written.unfits().empty()) return Error{ErrorCode::invalid, written.unfits().front().reason};
  if (!written.failure().empty()) return Error{ErrorCode::unavailable, written.failure()};
  preview.to = fmt::format("PUT {}{}{}", aws_s3::bucket_url(sink), key, file_ending(stored));
  preview.content_type = writer->content_type();
  return preview;
}

}  // namespace tidegate
