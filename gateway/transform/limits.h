#pragma once

#include <cstddef>

/// Every maximum of transforms, each with its reason.
namespace tidegate::limits {

/// Nesting of one template. Bounds the stack that reading it takes; what people draw by hand is rarely ten deep.
inline constexpr std::size_t kTemplateDepthMax = 64;
/// Values and members of one template. One that is larger is a document, and belongs into a file at the receiver.
inline constexpr std::size_t kTemplateNodesMax = 10'000;
/// Placeholders of one template: bounds what one event costs.
inline constexpr std::size_t kTemplatePlaceholdersMax = 1000;
/// JSON after ??. Too short to nest deeper than what templates and JSON leave room for.
inline constexpr std::size_t kOtherwiseBytesMax = 512;
/// Longest name of an attribute that a transform sets: it becomes a header's or a user property's name.
inline constexpr std::size_t kAttributeNameBytesMax = 256;
/// What is kept or shown of a text that is not a time: more says nothing.
inline constexpr std::size_t kShownTextBytesMax = 64;
/// Events that are copied to give them another time before what follows takes them: enough for a batch, and no more
/// than a slow program makes in vain.
inline constexpr std::size_t kTimedChunkEvents = 256;
/// Payload that one call of a lane's shaper makes, so that a lane is never away for long and memory stays bounded; one
/// event alone is always made.
inline constexpr std::size_t kShapedBytesMax = 4u << 20;

}  // namespace tidegate::limits
