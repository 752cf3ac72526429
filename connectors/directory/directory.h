#pragma once

#include <any>
#include <memory>

#include "connectors/connector.h"

/// What the registry needs of the directory connector.
namespace tidegate {

/// The options of a source of type `directory`; parses to directory::SourceOptions.
const OptionTable* directory_source_options();

/// A source that reads the files that programs drop into a folder. `options` is what directory_source_options() parsed.
Result<std::unique_ptr<Source>> make_directory_source(const ConnectorContext& context, const std::any& options);

/// Its topic, with a + for each level that depends on the file or the row.
SourceScope directory_source_scope(const std::any& options, const std::string& name);

}  // namespace tidegate
